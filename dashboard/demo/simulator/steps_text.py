"""The language model steps: JS (translation, English copy, Korean line) and YH (Korean copy, feed post)."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from uuid import UUID

from dashboard.demo import sample_texts
from dashboard.demo.simulator.work import Bench, JobWork, Outcome, Row, StepRefused
from feedly_core.domain.tables import instagram_feeds, llm_traces, txt_ad_copy_generations

PROVIDER_JS = "simulated-openai"
PROVIDER_YH = "simulated-gpt"
FEED_TEMPERATURE = 0.7
FEED_MAX_TOKENS = 1000


def kor_to_eng(work: JobWork, bench: Bench) -> Outcome:
    """JS: a trace and ``job_inputs.desc_eng``; the caller sets that column.

    No row of ad copy.
    """
    desc_eng = sample_texts.english_description(work.desc_kor)
    trace = _js_trace(work, bench, "kor_to_eng", work.desc_kor or "", desc_eng)
    return Outcome((trace,), leaves={"desc_eng": desc_eng})


def ad_copy_eng(work: JobWork, bench: Bench) -> Outcome:
    """JS: the English advertising text, stage ``ad_copy_eng``."""
    copy = sample_texts.english_copy(work.desc_kor)
    trace = _js_trace(work, bench, "ad_copy_gen", work.desc_eng or "", copy)
    stage = _stage(work, bench, "ad_copy_eng", trace, ad_copy_eng=copy)
    return Outcome((trace, stage), leaves={"copy_eng": copy})


def ad_copy_kor(work: JobWork, bench: Bench) -> Outcome:
    """JS: the short Korean line for the picture, stage ``ad_copy_kor``."""
    line = sample_texts.korean_line(work.desc_kor, _noise(work, bench, "ad_copy_kor"))
    trace = _js_trace(work, bench, "ad_copy_kor", work.copy_eng or "", line)
    stage = _stage(work, bench, "ad_copy_kor", trace, ad_copy_kor=line)
    return Outcome((trace, stage), leaves={"copy_kor": line})


def ad_copy_gen_kor(work: JobWork, bench: Bench) -> Outcome:
    """YH: the full Korean translation, stage ``eng_to_kor``.

    Refused (400) without an English copy.
    """
    if not work.copy_eng:
        raise StepRefused("no English copy")
    translated = sample_texts.korean_translation(work.desc_kor)
    usage = _usage(_noise(work, bench, "eng_to_kor"), work.copy_eng, translated)
    trace = _trace(
        work,
        bench,
        PROVIDER_YH,
        "eng_to_kor",
        {"ad_copy_eng": work.copy_eng, "operation": "eng_to_kor"},
        {"ad_copy_kor": translated, "token_usage": usage},
        usage,
    )
    stage = _stage(work, bench, "eng_to_kor", trace, ad_copy_kor=translated)
    return Outcome((trace, stage), leaves={"translated": translated})


def instagram_feed_gen(work: JobWork, bench: Bench) -> Outcome:
    """YH: the post and its hashtags.

    Every call appends a row of ``instagram_feeds``.
    """
    if not work.copy_eng:
        raise StepRefused("no English copy")
    rng = _noise(work, bench, "feed_gen")
    translated = work.translated or ""
    post = sample_texts.feed_post(work.desc_kor, translated, work.tone_name, work.store, rng)
    tags = sample_texts.hashtags(work.desc_kor, work.tone_name, work.store, rng)
    usage = _usage(rng, sample_texts.FEED_PROMPT + work.copy_eng + (work.desc_kor or ""), post + tags)
    request = {
        "refined_ad_copy_eng": work.copy_eng,
        "tone_style": work.tone_name,
        "product_description": work.desc_kor or "",
        "store_information": work.store,
        "gpt_prompt": sample_texts.FEED_PROMPT,
        "operation": "feed_gen",
    }
    response = {"instagram_ad_copy": post, "hashtags": tags, "token_usage": usage}
    trace = _trace(work, bench, PROVIDER_YH, "feed_gen", request, response, usage)
    feed = Row(
        instagram_feeds,
        {
            "instagram_feed_id": bench.new_id(),
            "job_id": work.job_id,
            "llm_trace_id": trace.values["llm_trace_id"],
            "tenant_id": work.tenant_id,
            "refined_ad_copy_eng": work.copy_eng,
            "tone_style": work.tone_name,
            "product_description": work.desc_kor or "",
            "gpt_prompt": sample_texts.FEED_PROMPT,
            "ad_copy_kor": work.translated,
            "instagram_ad_copy": post,
            "hashtags": tags,
            "used_temperature": FEED_TEMPERATURE,
            "used_max_tokens": FEED_MAX_TOKENS,
            "latency_ms": trace.values["latency_ms"],
        },
    )
    return Outcome((trace, feed))


def _noise(work: JobWork, bench: Bench, operation: str) -> Random:
    return bench.noise(operation, work.tenant_id, work.desc_kor, work.tone)


def _usage(rng: Random, prompt: str, completion: str) -> dict[str, int]:
    prompt_tokens = 60 + len(prompt) + rng.randrange(40)
    completion_tokens = 8 + len(completion) + rng.randrange(20)
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def _js_trace(work: JobWork, bench: Bench, operation: str, user: str, content: str) -> Row:
    usage = _usage(_noise(work, bench, operation), user, content)
    request = {"system": "You write advertising copy for restaurants.", "user": user}
    return _trace(work, bench, PROVIDER_JS, operation, request, {"content": content}, usage)


def _trace(
    work: JobWork,
    bench: Bench,
    provider: str,
    operation: str,
    request: Mapping[str, object],
    response: Mapping[str, object],
    usage: dict[str, int],
) -> Row:
    rng = _noise(work, bench, f"{operation} latency")
    values = {
        "llm_trace_id": bench.new_id(),
        "job_id": work.job_id,
        "provider": provider,
        "llm_model_id": work.text_model,
        "operation_type": operation,
        "request": request,
        "response": response,
        "latency_ms": round(rng.lognormvariate(7.1, 0.35), 1),
        **usage,
        "token_usage": usage,
    }
    return Row(llm_traces, values)


def _stage(work: JobWork, bench: Bench, stage: str, trace: Row, **texts: str) -> Row:
    new_id: UUID = bench.new_id()
    values = {
        "ad_copy_gen_id": new_id,
        "job_id": work.job_id,
        "llm_trace_id": trace.values["llm_trace_id"],
        "generation_stage": stage,
        "status": "done",
        **texts,
    }
    return Row(txt_ad_copy_generations, values)
