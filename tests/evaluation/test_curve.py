"""The risk–coverage curve of a handful of rows, worked out by hand."""

from xml.etree import ElementTree

from rag.evaluation.curve import Point, at_threshold, picture, risk_coverage
from rag.evaluation.grading import Row
from tests.evaluation.made import answer, citation
from tests.evaluation.test_grading import NOWHERE, SCHOOLS, graded


def row(confidence: float, *, right: bool) -> Row:
    quote = citation(1, "全年新建小学3所,")
    text = "新建小学3所[1]。" if right else "新建小学4所[1]。"
    return graded(SCHOOLS, answer(text, citations=[quote], confidence=confidence))


def invented(confidence: float) -> Row:
    return graded(NOWHERE, answer("3所。", citations=[citation(1, "3所")], confidence=confidence))


REFUSED = graded(NOWHERE, answer("", refused=True))
ROWS = [row(0.9, right=True), row(0.7, right=False), row(0.5, right=True), invented(0.5), REFUSED]


def test_each_confidence_gives_a_point() -> None:
    assert risk_coverage(ROWS) == [Point(0.9, 0.2, 0.0), Point(0.7, 0.4, 0.5), Point(0.5, 0.8, 0.5)]


def test_an_operating_point_is_the_last_one_at_or_above_its_threshold() -> None:
    points = risk_coverage(ROWS)
    assert at_threshold(points, 0.6) == Point(0.7, 0.4, 0.5)
    assert at_threshold(points, 0.5) == Point(0.5, 0.8, 0.5)
    assert at_threshold(points, 0.95) is None


def test_the_picture_names_the_operating_points() -> None:
    drawn = ElementTree.fromstring(picture(risk_coverage(ROWS), {"strict": 0.6, "none": 0.99}, title="gold & more"))
    words = [element.text for element in drawn.iter() if element.text and element.text.strip()]
    assert "strict: 0.40 answered, 0.500 wrong" in words
    assert not any("none:" in text for text in words)
    assert "gold & more" in words
