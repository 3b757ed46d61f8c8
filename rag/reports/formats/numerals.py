"""A count into the numeral that Word writes for it in one of its number formats."""

_DIGITS = "零一二三四五六七八九"
_LEGAL = str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")
_ROMAN = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC")),
    *((50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
# One character a count, from the first character on; as many as Unicode has in a row.
_RUNS = {
    "decimalEnclosedCircle": ("①", 20),
    "decimalEnclosedCircleChinese": ("①", 20),
    "decimalEnclosedParen": ("⑴", 20),
    "decimalEnclosedFullstop": ("⒈", 20),
    "ideographEnclosedCircle": ("㊀", 10),
    "ideographParenthesized": ("㈠", 10),
}


def numeral(value: int, number_format: str) -> str:
    """`value`, at least 0, as ECMA-376 part 1, 17.18.59 (ST_NumberFormat) names its forms; unknown ones as decimal."""
    if number_format in ("none", "bullet"):
        return ""
    if number_format == "decimalZero":
        return f"{value:02}"
    if number_format in ("decimalFullWidth", "decimalFullWidth2"):
        return "".join(chr(ord("０") + int(digit)) for digit in str(value))
    if number_format == "numberInDash":
        return f"- {value} -"
    if number_format in ("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital"):
        return "".join("〇一二三四五六七八九"[int(digit)] for digit in str(value))
    if value == 0 or value > 9999:  # the forms below count things
        return str(value)
    if number_format in _RUNS:
        first, length = _RUNS[number_format]
        return chr(ord(first) + value - 1) if value <= length else str(value)
    if number_format in ("ideographTraditional", "ideographZodiac"):
        row = _STEMS if number_format == "ideographTraditional" else _BRANCHES
        return row[value - 1] if value <= len(row) else str(value)
    if number_format in ("upperRoman", "lowerRoman"):
        return _cased(_roman(value), number_format)
    if number_format in ("upperLetter", "lowerLetter"):  # A … Z, AA, BB, …
        turns, letter = divmod(value - 1, 26)
        return _cased(chr(ord("A") + letter) * (turns + 1), number_format)
    if number_format in ("chineseLegalSimplified", "ideographLegalTraditional"):
        words = chinese_numeral(value)
        return ("一" + words if words.startswith("十") else words).translate(_LEGAL)
    if number_format.startswith(("chineseCounting", "taiwaneseCounting", "japaneseCounting")):
        return chinese_numeral(value)
    return str(value)


def chinese_numeral(value: int) -> str:
    """1 → 一, 12 → 十二, 105 → 一百零五, for 1 to 9999."""
    words, gap = "", False
    for power, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // power % 10
        if digit:
            words += "零" * (gap and bool(words)) + _DIGITS[digit] + unit
        gap = not digit
    return words[1:] if words.startswith("一十") else words


def _roman(value: int) -> str:
    words = ""
    for amount, letters in _ROMAN:
        count, value = divmod(value, amount)
        words += letters * count
    return words


def _cased(words: str, number_format: str) -> str:
    return words.lower() if number_format.startswith("lower") else words
