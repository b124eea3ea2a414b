"""LiteLLM as most of its users have it: `openai/MODEL` with a base address."""

import json
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it fetches a price list at its first import

import litellm

from checks import (API_KEY, BASE_URL, CAPITAL, CITY_SCHEMA, COUNT, EMBEDDING_MODEL, MODEL, WEATHER, WEATHER_ASKED,
                    check, expect, is_city, raises)

litellm.telemetry = False
litellm.suppress_debug_info = True
site = {"api_base": BASE_URL, "api_key": API_KEY, "num_retries": 0}


def ask(messages, **more):
    return litellm.completion(model=f"openai/{MODEL}", messages=messages, temperature=0, **{"max_tokens": 30, **site, **more})


def chat():
    answer = ask(CAPITAL)
    expect("Paris" in answer.choices[0].message.content, answer)
    expect(answer.usage.total_tokens > 0, answer)


def stream():
    whole = ask(COUNT).choices[0].message.content
    chunks = list(ask(COUNT, stream=True))
    expect("".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole, whole)


def stream_usage():
    chunks = list(ask(COUNT, stream=True, stream_options={"include_usage": True}, max_tokens=5))
    expect(chunks[-1].usage.completion_tokens == 5, chunks[-1])


def stop():
    answer = ask(CAPITAL, stop=["Paris"])
    expect("Paris" not in (answer.choices[0].message.content or ""), answer)


def tools():
    answer = ask(WEATHER_ASKED, tools=[WEATHER], tool_choice="required", max_tokens=60)
    call = answer.choices[0].message.tool_calls[0]
    expect(call.function.name == "get_weather" and "city" in json.loads(call.function.arguments), answer)
    again = ask([*WEATHER_ASKED, answer.choices[0].message.model_dump(),
                 {"role": "tool", "tool_call_id": call.id, "content": "Sunny"}])
    expect(again.choices[0].message.content, again)


def json_schema():
    answer = ask(CAPITAL, max_tokens=60, response_format={
        "type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": CITY_SCHEMA}})
    is_city(answer.choices[0].message.content)


def embeddings():
    answer = litellm.embedding(model=f"openai/{EMBEDDING_MODEL}", input=["The pump is broken", "I like cheese"], **site)
    expect(len(answer.data) == 2 and len(answer.data[0]["embedding"]) > 8, answer)


def bad_key():
    raises(litellm.AuthenticationError, lambda: ask(CAPITAL, api_key="cb_wrong"))


def unknown_model():
    raises(litellm.NotFoundError, lambda: litellm.completion(model="openai/gpt-4o", messages=CAPITAL, **site))


def too_long():
    raises(litellm.ContextWindowExceededError, lambda: ask([{"role": "user", "content": "word " * 20000}]))


def response():
    answer = litellm.responses(model=f"openai/{MODEL}", input="What is the capital of France? Answer in one word.",
                               temperature=0, max_output_tokens=20, **site)
    text = "".join(part.text for item in answer.output if item.type == "message" for part in item.content)
    expect("Paris" in text, answer)


check("chat", chat)
check("stream", stream)
check("usage in the stream", stream_usage)
check("stop", stop)
check("tools", tools)
check("json_schema", json_schema)
check("embeddings", embeddings)
check("responses", response)
check("error: bad key", bad_key)
check("error: unknown model", unknown_model)
check("error: too long", too_long)
