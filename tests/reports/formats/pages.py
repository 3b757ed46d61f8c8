"""Web pages in words of our own, each built the way another kind of site builds its pages."""

# A site of today: landmarks, a masthead of list items, an article, attachments and related links below it.
PORTAL = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>云台市教育局关于做好2023年秋季招生的通知 - 云台市人民政府</title>
<link rel="canonical" href="https://www.example.org/tz/17.html"><style>p { color: red }</style></head>
<body>
<header><a href="/">云台市人民政府</a><form><input name="q"><button>搜索</button></form></header>
<nav><ul><li><a href="/1">首页</a></li><li><a href="/2">政务公开</a></li><li><a href="/3">办事服务</a></li></ul></nav>
<div class="x1"><div>您的位置：<a href="/">首页</a> &gt; <a href="/2">政务公开</a> &gt; 通知</div>
<main><h1>云台市教育局关于做好2023年秋季招生的通知</h1>
<ul><li>索引号：YT-2023-017</li><li>发布日期：2023-06-02</li><li>来源：云台市教育局</li></ul>
<div><span>分享到：</span><a href="#">微信</a><a href="#">微博</a></div>
<article><p>各区县教育局：</p><p>为做好今年秋季的招生，现把有关事项说明如下，请各校照办。</p>
<p><strong>一、招生</strong>计划</p><p>全市计划招收<em>七年级</em>新生12,600人，比上年多300人。</p>
<p>二、报名时间</p><p>（一）网上报名从6月20日开始。<br>（二）现场审核在7月5日以前完成，逾期不再受理。</p>
<p>云台市教育局</p><p>2023年6月1日</p></article>
<p>附件：<a href="/f/1.docx">1.招生计划表.docx</a></p>
<aside><h3>相关新闻</h3><ul><li><a href="/9">去年的招生已经结束</a></li><li><a href="/8">学校名单</a></li></ul></aside>
</main></div>
<footer><p>主办：云台市人民政府办公室　网站标识码：0000000000</p><p><a href="/map">网站地图</a></p></footer>
<script>document.write("一、不是正文")</script></body></html>"""

# A site of twenty years ago: tables arrange the page, nothing has a name, lines end in <br>, in GB2312.
OLD = """<HTML><HEAD><META http-equiv=Content-Type content="text/html; charset=gb2312"><TITLE>白石县</TITLE>
</HEAD><BODY>
<TABLE><TR><TD><A href="a.asp">本县概况</A> | <A href="b.asp">政策法规</A> | <A href="c.asp">联系我们</A></TABLE>
<TABLE><TR><TD width=20%><A href="1.asp">文件</A><BR><A href="2.asp">公报</A><BR><A href="3.asp">图片</A></TD>
<TD><CENTER><B>白石县2005年农业工作总结</B></CENTER><BR>
&nbsp;&nbsp;今年以来，全县农业生产总体平稳，粮食总产达到31万吨。<BR>
　　一、粮食生产<BR>　　全县播种面积52万亩，单产比上年提高百分之三，农民收入稳步增加。<BR>
　　二、畜牧业<BR>　　年末生猪存栏18万头，出栏23万头，县里新建了六个养殖小区。<P>【打印】【关闭】</TD></TR></TABLE>
<TABLE><TR><TD>版权所有 白石县农业局</TD></TR></TABLE></BODY></HTML>"""

# A yearbook's table: title and unit above it, two rows of headers, a cell over two rows, an empty one.
TABLE = """<html><body><div><h2>海平市2021年教育事业统计</h2>
<p>本表列出各区的学校和学生，数字截至2021年年底，由各区上报并经市里核对。</p>
<p>表1 各区学校和学生数</p><p>单位：人</p>
<table><thead><tr><th rowspan="2">区县</th><th colspan="2">在校学生</th><th rowspan="2">教师</th></tr>
<tr><th>小学</th><th>初中</th></tr></thead>
<tbody><tr><td>东湖区</td><td>23,410</td><td>11,208</td><td rowspan="2">4,020</td></tr>
<tr><td>西山区</td><td>18,977</td><td></td></tr></tbody></table>
<p>注：本表不含幼儿园和特殊教育学校，教师数为两区合计。</p></div></body></html>"""

# A page that is a list: no sentence anywhere, but entries long enough to be more than a menu.
LISTING = """<html><body><ul><li><a href="1">首页</a></li><li><a href="2">新闻</a></li></ul><div><ul>
<li><a href="a">南屏区2020年公共卫生工作要点</a> 2020-03-02</li>
<li><a href="b">南屏区2019年公共卫生工作总结</a> 2020-01-15</li></ul></div>
<p>版权所有：南屏区卫生健康局</p></body></html>"""
