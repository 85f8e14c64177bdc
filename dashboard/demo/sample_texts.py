"""Words of the made-up shops: dishes, tones, and what the simulated language models write about them.

Data, not interface: these texts land in the demo's database in the language that the real services
would have used, and are never translated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Dish:
    """One thing that a shop advertises.

    ``lines`` are short Korean copies drawn on the picture.
    """

    kind: str
    desc_kor: str
    desc_eng: str
    lines: tuple[str, ...]
    copy_eng: str
    translated: str
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Tone:
    """One of the eight prompt types of the generator, with the opening and closing of its posts."""

    code: str
    kor_name: str
    eng_name: str
    opening: str
    closing: str
    tag: str


DISHES = (
    Dish(
        "stew",
        "진하게 끓인 부대찌개",
        "A rich army stew, simmered slowly",
        ("따끈한 국물 한 그릇", "오늘 저녁은 부대찌개"),
        "One warm pot, everyone around it. Tonight tastes like being together.",
        "따끈한 냄비 하나에 모두가 모입니다. 오늘 저녁은 함께라서 더 맛있습니다.",
        ("부대찌개", "국물맛집", "저녁메뉴"),
    ),
    Dish(
        "noodles",
        "직접 뽑은 칼국수",
        "Hand-cut noodles in clear broth",
        ("손으로 썬 칼국수", "후루룩, 오늘의 한 끼"),
        "Hand-cut every morning, gone by the afternoon.",
        "매일 아침 손으로 썰어, 오후면 동이 납니다.",
        ("칼국수", "손칼국수", "면스타그램"),
    ),
    Dish(
        "bibimbap",
        "제철 나물 비빔밥",
        "Bibimbap with vegetables of the season",
        ("제철을 비비다", "색이 먼저 맛있는 한 그릇"),
        "Seven colours of the season, one honest bowl.",
        "일곱 가지 제철의 색을 정직한 한 그릇에 담았습니다.",
        ("비빔밥", "제철나물", "건강한한끼"),
    ),
    Dish(
        "cake",
        "생딸기 쇼트케이크",
        "Shortcake with fresh strawberries",
        ("딸기의 계절", "한 조각의 오후"),
        "Strawberry season, one slice at a time.",
        "딸기의 계절을 한 조각씩 즐겨 보세요.",
        ("딸기케이크", "디저트카페", "케이크맛집"),
    ),
    Dish(
        "coffee",
        "고소한 라떼 한 잔",
        "A nutty latte, made to linger over",
        ("쉬어 가는 라떼", "오늘도 고소하게"),
        "Slow mornings start with a good cup.",
        "느긋한 아침은 좋은 커피 한 잔에서 시작됩니다.",
        ("라떼", "카페스타그램", "모닝커피"),
    ),
    Dish(
        "pizza",
        "화덕에 구운 마르게리타",
        "Margherita from the wood-fired oven",
        ("화덕에서 막 나온", "90초의 온도, 마르게리타"),
        "Ninety seconds in the fire. A lifetime of practice.",
        "불 속에서 90초, 그 뒤에는 오랜 연습이 있습니다.",
        ("화덕피자", "마르게리타", "피자맛집"),
    ),
    Dish(
        "donut",
        "매일 굽는 수제 도넛",
        "Donuts, baked fresh every day",
        ("갓 구운 동그란 행복", "하나만 먹기 없기"),
        "Round, warm and gone in three bites.",
        "동글동글 따뜻한 도넛, 세 입이면 사라집니다.",
        ("수제도넛", "도넛맛집", "간식추천"),
    ),
    Dish(
        "salad",
        "농장에서 온 과일 샐러드",
        "Fruit salad straight from the farm",
        ("아침에 딴 그대로", "가볍게, 든든하게"),
        "Picked this morning, served this noon.",
        "아침에 따서 점심에 내어 드립니다.",
        ("과일샐러드", "샐러드맛집", "가벼운한끼"),
    ),
    Dish(
        "sandwich",
        "두툼한 에그 샌드위치",
        "A generous egg sandwich",
        ("두툼해서 든든한", "출근길 한 손의 아침"),
        "Breakfast that fits in one hand and fills the morning.",
        "한 손에 쏙, 아침을 가득 채우는 샌드위치입니다.",
        ("에그샌드위치", "아침메뉴", "브런치"),
    ),
)

TONES = (
    Tone(
        "hero",
        "메인 요리 강조",
        "Hero Dish Focus",
        "오늘의 주인공을 소개합니다.",
        "한 입이면 알게 됩니다.",
        "대표메뉴",
    ),
    Tone(
        "season",
        "시즌 한정",
        "Seasonal / Limited Time",
        "지금 아니면 만날 수 없습니다.",
        "계절이 가기 전에 들러 주세요.",
        "시즌한정",
    ),
    Tone(
        "behind",
        "비하인드",
        "Behind the Scenes / Authenticity",
        "새벽부터 준비했습니다.",
        "정성은 숨길 수 없으니까요.",
        "정성가득",
    ),
    Tone(
        "life",
        "일상 속 한 끼",
        "Lifestyle Integration",
        "평범한 하루에 작은 기쁨을 더합니다.",
        "퇴근길에 잠깐 들러 주세요.",
        "일상스타그램",
    ),
    Tone(
        "social",
        "손님 후기",
        "UGC / Social Proof",
        "단골손님이 먼저 알아본 맛입니다.",
        "여러분의 사진도 기다립니다.",
        "단골맛집",
    ),
    Tone(
        "minimal",
        "미니멀",
        "Minimalist Branding",
        "꼭 필요한 것만 담았습니다.",
        "그래서 더 오래 남습니다.",
        "미니멀",
    ),
    Tone(
        "comfort",
        "감성·위로",
        "Emotion / Comfort",
        "수고한 당신에게 따뜻한 한 그릇을.",
        "오늘도 애쓰셨습니다.",
        "위로한끼",
    ),
    Tone(
        "retro",
        "레트로",
        "Retro / Vintage / Storytelling",
        "그 시절 골목의 맛을 기억하시나요?",
        "추억은 여전히 따뜻합니다.",
        "레트로감성",
    ),
)

CALLS = ("지금 주문하세요", "예약은 프로필 링크에서", "매장에서 만나요", "오늘만 한 잔 더 드려요")
COMMON_TAGS = ("맛집추천", "오늘의메뉴", "먹스타그램", "동네맛집", "맛스타그램", "소확행")
FEED_PROMPT = "인스타그램 피드에 올릴 글과 해시태그를 작성해 주세요."

FALLBACK_ENG = "A menu made with care, served while it is fresh"
FALLBACK_COPY = "Made with care today. Come while it is fresh."
FALLBACK_KOR = "오늘 정성껏 준비했습니다. 가장 맛있을 때 만나 보세요."


def dish_described(desc_kor: str | None) -> Dish | None:
    """The dish that this description names, if any."""
    return next((dish for dish in DISHES if desc_kor and dish.desc_kor in desc_kor), None)


def english_description(desc_kor: str | None) -> str:
    """What the simulated translator makes of a Korean description.

    A stock sentence if unknown.
    """
    dish = dish_described(desc_kor)
    return dish.desc_eng if dish else FALLBACK_ENG


def english_copy(desc_kor: str | None) -> str:
    dish = dish_described(desc_kor)
    return dish.copy_eng if dish else FALLBACK_COPY


def korean_line(desc_kor: str | None, rng: Random) -> str:
    """The short Korean copy for the picture, about ten characters.

    The description if unknown.
    """
    dish = dish_described(desc_kor)
    if dish:
        return rng.choice(dish.lines)
    return (desc_kor or "").strip()[:30] or "오늘의 추천 메뉴"


def korean_translation(desc_kor: str | None) -> str:
    dish = dish_described(desc_kor)
    return dish.translated if dish else FALLBACK_KOR


def feed_post(desc_kor: str | None, translated: str, tone_name: str, store: str, rng: Random) -> str:
    """The Instagram caption: opening of the tone, the dish, the copy, a call to action."""
    tone = next((tone for tone in TONES if tone_name in (tone.kor_name, tone.eng_name)), rng.choice(TONES))
    place = f"{store}에서 " if store else ""
    return "\n".join(
        (
            f"{tone.opening} ✨",
            f"{place}준비한 오늘의 메뉴, {(desc_kor or '추천 메뉴').strip()}.",
            translated,
            f"{tone.closing} {rng.choice(CALLS)} 🙌",
        )
    )


def hashtags(desc_kor: str | None, tone_name: str, store: str, rng: Random) -> str:
    """Five to ten different tags in one string, separated by single spaces."""
    dish = dish_described(desc_kor)
    tone = next((tone for tone in TONES if tone_name in (tone.kor_name, tone.eng_name)), None)
    words: list[str] = [*(dish.tags if dish else ()), *([tone.tag] if tone else ())]
    if store:
        words.append(store.replace(" ", ""))
    words += rng.sample(COMMON_TAGS, max(5 - len(words), 3))
    return " ".join(_tags(words)[:10])


def _tags(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(f"#{word}" for word in words))
