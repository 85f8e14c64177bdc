"""Made-up Korean texts of advertisements, and what people search in them."""

from __future__ import annotations

from functools import cache
from random import Random

BEFORE = [
    "김치",
    "된장",
    "순두부",
    "부대",
    "동태",
    "해물",
    "버섯",
    "참치",
    "고추장",
    "청국장",
    "매운",
    "얼큰한",
    "고소한",
    "바삭한",
    "달콤한",
    "시원한",
    "담백한",
]
DISHES = [
    "찌개",
    "비빔밥",
    "떡볶이",
    "냉면",
    "갈비",
    "삼겹살",
    "치킨",
    "피자",
    "파스타",
    "케이크",
    "커피",
    "라떼",
    "빙수",
    "만두",
    "국밥",
    "칼국수",
    "초밥",
]
LINES = (
    "오늘 저녁 어떠세요? 가족과 함께 즐기세요.",
    "점심 특선으로 만나 보세요, 주말에만 드리는 한정 메뉴입니다.",
    "따뜻한 한 그릇이 기다립니다. 지금 주문하시면 음료를 드려요.",
    "매장에서 직접 만들어 더 맛있습니다. 비 오는 날엔 역시 이 맛!",
)
TEXTS = 3_000


@cache
def short_texts() -> tuple[tuple[str, str], ...]:
    """Description and copy of some thousand orders; one in thousands holds a word of its own."""
    rng = Random(1)
    found = []
    for number in range(TEXTS):
        dish, other = rng.sample(DISHES, 2)
        rare = " 귀한낱말" if number == 7 else ""
        description = (
            f"{rng.choice(BEFORE)}{dish} {rng.choice(BEFORE)} 한 그릇 {rng.randrange(10_000)}번{rare}"
        )
        copy = f"{rng.choice(BEFORE)} {dish}, {rng.choice(LINES)} {other}도 있어요."
        found.append((description, copy))
    return tuple(found)


ASKED: dict[str, tuple[str, ...]] = {
    "a word of every job": ("한 그릇", "매장", "요"),
    "a dish": ("찌개", "김치찌개", "떡볶이", "냉면"),
    "first consonants": ("ㄱㅊㅉㄱ", "ㄸㅂㅇ", "ㅅㄱㅅ", "ㅊㄱ"),
    "two words": ("찌개 냉면", "커피 빙수", "김치 초밥"),
    "one job in thousands": ("귀한낱말", "ㄱㅎㄴㅁ"),
    "nowhere": ("없는낱말", "zebra", "ㅋㅋㅋㅋ"),
}
"""By kind what people search. Some stand in every job, some in none."""
