"""A seed to any number of long reports, and these to the figures of an index that holds them.

`python -m tests.scale` makes 1,000 reports of 10,000 characters in a temporary folder and prints how long it
takes to index them, to replace one and to search, and the memory. Vectors come from a hash of the text, so that the
figures are those of the index; `--embedder` measures the configured model instead (30 reports are enough for a rate).
"""

import argparse
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rag.config import load_config
from rag.index.building import Building, DocumentEmbedder, build_snapshot
from rag.index.snapshot import Snapshot
from rag.reports.reading import Report, read_report
from tests.index.samples import HashEmbedder, hashed_vector

_FIRST = "澜岚沁岫溪峪砚梧棠栎榆椿槿葭蓼蘅芷荻菖蒲汀洲渚沅澧涟漪瀚沐泠"
_SECOND = "陵川原桥湾口岭坪滩坝沟屯铺寨镇堡浦港泉塘"
_TOPICS = (
    *("学前教育", "义务教育", "高中教育", "职业教育", "特殊教育", "教师队伍", "校园安全", "经费投入", "信息化建设"),
    *("体育美育", "劳动实践", "招生考试", "督导评估", "后勤保障", "对口帮扶", "语言文字", "终身学习", "家校共育"),
)
_ACTIONS = (
    "新建",
    "改建",
    "扩建",
    "命名",
    "培育",
    "验收",
    "整治",
    "开放",
    "认定",
    "资助",
    "走访",
    "培训",
    "轮岗",
    "选派",
)
_THINGS = ("幼儿园", "寄宿制学校", "教学点", "实验室", "图书角", "运动场", "食堂", "工作坊", "名师工作室", "课程基地")
_UNITS = ("所", "个", "处", "间", "名", "人次", "套", "场", "项", "批")
_CLAUSES = (
    "围绕{topic}的年度安排，{place}片区{action}{thing}{count}{unit}，比上年增加{less}{unit}",
    "{place}街道牵头{topic}专项行动，累计{action}{thing}{count}{unit}，完成计划的{share}%",
    "全年投入{money}万元用于{topic}，其中{place}占{share}%",
    "到年底，{place}{thing}总数达到{count}{unit}，覆盖率为{share}%",
    "会同{place}管委会{action}{thing}，惠及学生{count}人",
    "下一步计划在{place}{action}{thing}{less}{unit}，力争{topic}满意度达到{share}%以上",
)


def report_text(number: int, *, characters: int = 10_000, edition: int = 0) -> str:
    """The text of report `number`: a masthead and numbered items of two levels, at least `characters` long.

    The same number gives the same text; another `edition` of it differs in the figures of its last item.
    """
    chance = random.Random(number)
    place, year = chance.choice(_FIRST) + chance.choice(_SECOND), 1990 + number % 35
    lines = [f"{place}{number}市教育局{year}年工作总结", f"{year}年，{place}教育系统按年初部署推进各项工作。"]
    length = sum(map(len, lines))
    for item in range(99):
        if length >= characters:
            break
        topic = chance.choice(_TOPICS)
        lines.append(f"{_chinese(item + 1)}、{topic}")
        for part in range(chance.randint(2, 4)):
            lines.append(f"（{_chinese(part + 1)}）{chance.choice(_ACTIONS)}{chance.choice(_THINGS)}")
            lines.append("".join(f"{_sentence(chance, topic)}。" for _ in range(chance.randint(6, 9))))
            length += len(lines[-1]) + len(lines[-2]) + 2
    chance = random.Random(f"{number} {edition}")
    return "\n".join([*lines, f"{_chinese(item + 1)}、补充", f"{_sentence(chance, '补充')}。", ""])


def _sentence(chance: random.Random, topic: str) -> str:
    return chance.choice(_CLAUSES).format(
        topic=topic,
        place=chance.choice(_FIRST) + chance.choice(_FIRST) + chance.choice(_SECOND),
        action=chance.choice(_ACTIONS),
        thing=chance.choice(_THINGS),
        unit=chance.choice(_UNITS),
        count=chance.randint(10, 9999),
        less=chance.randint(2, 99),
        share=round(chance.uniform(5, 99), 1),
        money=chance.randint(100, 99999),
    )


def _chinese(number: int) -> str:
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    return (digits[tens] if tens > 1 else "") + ("十" if tens else "") + (digits[ones] if ones else "")


def write_report(folder: Path, number: int, *, edition: int = 0) -> Path:
    path = folder / f"r{number:04}.txt"
    path.write_text(report_text(number, edition=edition), encoding="utf-8")
    return path


class Files:
    """Report files, read one by one."""

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __iter__(self) -> Iterator[Report]:
        return map(read_report, self._paths)


class WideHashEmbedder(HashEmbedder):
    """Vectors as long as the real ones, and nothing remembered."""

    identity = "hash-384"
    dimension = 384

    def encode_documents(self, texts):  # type: ignore[no-untyped-def]
        import numpy as np

        return np.stack([hashed_vector(text, self.dimension) for text in texts])


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def measure(folder: Path, *, reports: int, embedder: DocumentEmbedder) -> Iterator[str]:
    """Index, replace, search; a line each."""
    config = replace(load_config(environment={}), index_dir=folder / "index")
    paths = [write_report(folder, number) for number in range(reports)]
    characters = sum(len(path.read_text(encoding="utf-8")) for path in paths)
    yield f"{reports} reports, {characters / reports:.0f} characters each"
    yield f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    yield f"before: peak {_peak_megabytes():.0f} MB"
    started, processor = time.monotonic(), time.process_time()
    marks: dict[str, float] = {}
    build_snapshot(
        Files(paths),
        embedder=embedder,
        config=config,
        progress=lambda stage, done, total: marks.__setitem__(stage, time.monotonic() - started),
    )
    seconds = time.monotonic() - started
    processor = time.process_time() - processor
    yield (
        f"build: {seconds:.1f} s ({processor:.1f} s of processor time), peak {_peak_megabytes():.0f} MB; at the end of "
        + ", ".join(f"{stage} {mark:.1f} s" for stage, mark in marks.items())
    )
    with_chunks = Snapshot.open(config.index_dir, config=config)
    size = sum(file.bytes for file in with_chunks.manifest.files)
    yield f"{with_chunks.manifest.chunks} chunks, {size / 1e6:.0f} MB on the disk"
    with_chunks.close()
    for edition in range(1, 4):
        started, processor = time.monotonic(), time.process_time()
        with Building.begin(config, embedder) as building:
            building.keep_all()
            building.put(Files([write_report(folder, reports // 2, edition=edition)]))
            building.write()
            building.publish()
        seconds, processor = time.monotonic() - started, time.process_time() - processor
        yield f"replace one: {seconds:.2f} s ({processor:.2f} s of processor time), peak {_peak_megabytes():.0f} MB"
    started = time.monotonic()
    snapshot = Snapshot.open(config.index_dir, config=config)
    yield f"open: {time.monotonic() - started:.2f} s"
    lexical, dense = [], []
    for number in range(100):
        query = _sentence(random.Random(number), "义务教育")
        started = time.monotonic()
        snapshot.search_lexical(query, 50)
        lexical.append(time.monotonic() - started)
        started = time.monotonic()
        snapshot.search_dense(hashed_vector(query, embedder.dimension), 50)
        dense.append(time.monotonic() - started)
    for name, times in (("words", lexical), ("vectors", dense)):
        yield f"search {name}: median {1000 * statistics.median(times):.1f} ms, worst {1000 * max(times):.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.scale", description=__doc__)
    parser.add_argument("--reports", type=int, default=1000)
    parser.add_argument("--embedder", action="store_true", help="embed with the configured model")
    arguments = parser.parse_args()
    embedder: DocumentEmbedder = WideHashEmbedder()
    if arguments.embedder:
        from rag.models.embedder import open_embedder

        embedder = open_embedder(load_config())
    with tempfile.TemporaryDirectory() as folder:
        for line in measure(Path(folder), reports=arguments.reports, embedder=embedder):
            print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
