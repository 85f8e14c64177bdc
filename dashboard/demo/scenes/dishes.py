"""The dishes of the demo's shops: how each is drawn and what it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from dashboard.demo.scenes import bakery, soups, sweets
from dashboard.demo.scenes.canvas import Canvas
from dashboard.demo.scenes.vessels import Drawn, Place


@dataclass(frozen=True)
class Dish:
    """``draw(canvas, place, rng)``; ``flat`` dishes also look right from straight above."""

    draw: Callable[[Canvas, Place, Random], Drawn]
    name_kor: str
    flat: bool = True
    steam: bool = False
    stands: float = 0.66
    """How far the base lies below the place, seen from the side: × radius."""


DISHES: dict[str, Dish] = {
    "stew": Dish(soups.stew, "보글보글 끓는 찌개 한 뚝배기", steam=True),
    "noodles": Dish(soups.noodles, "달걀과 차슈를 올린 국수 한 그릇", steam=True),
    "bibimbap": Dish(soups.bibimbap, "색색의 나물을 담은 비빔밥", flat=True),
    "cake": Dish(sweets.cake, "딸기를 올린 생크림 케이크", flat=False, stands=0.62),
    "coffee": Dish(sweets.coffee, "라떼 아트를 올린 커피 한 잔", steam=True, stands=0.78),
    "pizza": Dish(bakery.pizza, "갓 구운 페퍼로니 피자", stands=0.1),
    "donut": Dish(sweets.donut, "알록달록 글레이즈 도넛 세 개", stands=0.08),
    "salad": Dish(soups.salad, "싱그러운 아보카도 샐러드"),
    "sandwich": Dish(bakery.sandwich, "속을 꽉 채운 샌드위치", flat=False, stands=0.62),
    "tteokbokki": Dish(soups.tteokbokki, "매콤달콤 떡볶이", steam=True),
    "bingsu": Dish(sweets.bingsu, "팥을 듬뿍 올린 빙수", flat=False),
}
"""By kind, as the demo's menu names them."""
