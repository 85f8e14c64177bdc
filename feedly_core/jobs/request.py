"""Request for a test job, checked before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID, uuid5

from feedly_core.domain.typed_text import text_problems
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, Message
from feedly_core.jobs.pictures import Picture

MAX_VARIANTS = 10
MAX_TEXT = 2000
MAX_TENANT = 255
"""Length of ``tenants.tenant_id``."""

MAX_RELEASE = 80

_JOB_IDS = UUID("6c0d2b8e-8f5e-5d0a-9a0e-6a3f9d7f4c11")


class JobKind(StrEnum):
    """The full pipeline, or a test job waiting for YE."""

    FULL = "full"
    YE = "ye"


@dataclass(frozen=True)
class AdCopy:
    """The three text stages a full test job brings along.

    An empty one is not written.
    """

    kor_to_eng: str = "Come and enjoy a delicious budae jjigae."
    ad_copy_eng: str = "A hearty pot of budae jjigae, made to share."
    ad_copy_kor: str = "든든한 부대찌개 한 그릇"


@dataclass(frozen=True)
class JobRequest:
    """One test job.

    ``pictures`` holds one picture for all variants, or exactly one per variant.

    ``tone_style_id`` None takes the first of ``tone_styles``. ``start`` fires the trigger pair of a full job,
    or announces a YE job to YE; without it the job rests until somebody starts it. ``version``: the release
    that the job is made under, for comparisons; None where nobody says.
    """

    kind: JobKind
    tenant_id: str
    pictures: tuple[Picture, ...]
    desc_kor: str
    variants: int = 3
    tone_style_id: UUID | None = None
    store_id: UUID | None = None
    ad_copy: AdCopy = AdCopy()
    start: bool = True
    version: str | None = None


DEFAULT_TENANT = {JobKind.FULL: "pipeline_test_tenant_v2", JobKind.YE: "ye_test_tenant"}
DEFAULT_DESCRIPTION = {JobKind.FULL: "맛있는 부대찌개를 만나보세요", JobKind.YE: "YE 파트 테스트용 이미지"}


def job_id_of(key: UUID) -> UUID:
    """The job id of an idempotency key.

    The primary key of ``jobs`` refuses a second one.
    """
    return uuid5(_JOB_IDS, str(key))


def request_key(form: UUID, request: JobRequest) -> UUID:
    """The idempotency key of a form's content.

    The same request from the same form is the same job.

    Whether it starts at once does not count, so that a job at rest can be started by its own request.
    """
    said = replace(request, pictures=(), start=False)
    pictures = [(each.name, each.width, each.height, len(each.content)) for each in request.pictures]
    return uuid5(form, f"{said} {pictures}")


def request_problems(request: JobRequest) -> list[Message]:
    """Everything that forbids writing this request.

    Empty when it is fine.
    """
    return [
        *text_problems(N_("tenant"), request.tenant_id, MAX_TENANT, required=True),
        *text_problems(N_("description"), request.desc_kor, MAX_TEXT, required=True),
        *text_problems(N_("release"), request.version or "", MAX_RELEASE),
        *text_problems(N_("translated description"), request.ad_copy.kor_to_eng, MAX_TEXT),
        *text_problems(N_("English ad copy"), request.ad_copy.ad_copy_eng, MAX_TEXT),
        *text_problems(N_("Korean ad copy"), request.ad_copy.ad_copy_kor, MAX_TEXT),
        *variants_problems(request.variants),
        *_pictures_problems(request),
    ]


def check_request(request: JobRequest) -> None:
    """Raise :class:`InvalidInput` with the first problem of the request."""
    for problem in request_problems(request):
        raise InvalidInput(
            problem, detail=N_("Nothing was written."), hint=N_("Correct the form and try again.")
        )


def variants_problems(variants: int) -> list[Message]:
    if 1 <= variants <= MAX_VARIANTS:
        return []
    return [N_("The number of variants must be between 1 and {limit}.", limit=MAX_VARIANTS)]


def _pictures_problems(request: JobRequest) -> list[Message]:
    count = len(request.pictures)
    if count == 0:
        return [N_("A picture is missing.")]
    if count > 1 and request.kind is JobKind.YE:
        return [N_("All variants of a YE job share one picture.")]
    if count not in {1, request.variants}:
        return [
            N_(
                "One picture is needed, or one for each of the {variants} variants; there are {count}.",
                variants=request.variants,
                count=count,
            )
        ]
    return []
