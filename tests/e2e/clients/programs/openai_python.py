"""The official client for Python: chat completions, responses, embeddings, models, errors."""

import asyncio
import json

import openai
from pydantic import BaseModel

from checks import (API_KEY, BASE_URL, CAPITAL, CITY_SCHEMA, COUNT, EMBEDDING_MODEL, MODEL, WEATHER, WEATHER_ASKED,
                    check, expect, is_city, raises)

client = openai.OpenAI(base_url=BASE_URL, api_key=API_KEY, max_retries=0)
chat = client.chat.completions


def ask():
    answer = chat.create(model=MODEL, messages=CAPITAL, temperature=0, max_tokens=20)
    expect("Paris" in answer.choices[0].message.content, answer)
    expect(answer.choices[0].finish_reason in ("stop", "length"), answer)
    expect(answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0, answer)
    expect(answer.model == MODEL and answer._request_id, answer)


def stream():
    whole = chat.create(model=MODEL, messages=COUNT, temperature=0, max_tokens=30).choices[0].message.content
    chunks = list(chat.create(model=MODEL, messages=COUNT, temperature=0, max_tokens=30, stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    expect(text == whole and len(chunks) > 5, (text, whole))
    expect(chunks[-1].choices[0].finish_reason == "length", chunks[-1])


def stream_usage():
    chunks = list(chat.create(model=MODEL, messages=COUNT, max_tokens=5, stream=True,
                              stream_options={"include_usage": True}))
    expect(chunks[-1].choices == [] and chunks[-1].usage.completion_tokens == 5, chunks[-1])
    expect(all(chunk.usage is None for chunk in chunks[:-1]), chunks)


def stop():
    whole = chat.create(model=MODEL, messages=COUNT, temperature=0, max_tokens=30).choices[0].message.content
    part = whole[8:12]
    answer = chat.create(model=MODEL, messages=COUNT, temperature=0, max_tokens=30, stop=[part])
    expect(answer.choices[0].message.content == whole[:whole.index(part)], (answer, whole))
    expect(answer.choices[0].finish_reason == "stop", answer)


def choices():
    answer = chat.create(model=MODEL, messages=COUNT, temperature=1, seed=1, n=3, max_tokens=12)
    expect([choice.index for choice in answer.choices] == [0, 1, 2], answer)
    expect(answer.usage.completion_tokens == 36, answer)


def seed():
    texts = {chat.create(model=MODEL, messages=COUNT, temperature=1, seed=7, max_tokens=12).choices[0].message.content
             for _ in range(2)}
    expect(len(texts) == 1, texts)


def json_object():
    answer = chat.create(model=MODEL, messages=[{"role": "user", "content": "Tell me of Rome as JSON."}],
                         response_format={"type": "json_object"}, temperature=0, max_tokens=300)
    choice = answer.choices[0]
    if choice.finish_reason == "stop":
        expect(isinstance(json.loads(choice.message.content), dict), answer)
    else:
        expect(choice.message.content.lstrip().startswith("{"), answer)


def json_schema():
    answer = chat.create(model=MODEL, messages=CAPITAL, temperature=0, max_tokens=60, response_format={
        "type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": CITY_SCHEMA}})
    is_city(answer.choices[0].message.content)


def json_schema_parsed():
    class City(BaseModel):
        capital: bool
        inhabitants: int

    answer = chat.parse(model=MODEL, messages=CAPITAL, temperature=0, max_tokens=60, response_format=City)
    expect(isinstance(answer.choices[0].message.parsed, City), answer)


def tools():
    answer = chat.create(model=MODEL, messages=WEATHER_ASKED, tools=[WEATHER], tool_choice="required",
                         temperature=0, max_tokens=60)
    message = answer.choices[0].message
    expect(answer.choices[0].finish_reason == "tool_calls", answer)
    call = message.tool_calls[0]
    expect(call.function.name == "get_weather", answer)
    expect(list(json.loads(call.function.arguments)) == ["city"], answer)
    # What the client got goes back as it is, with what the tool said.
    again = chat.create(model=MODEL, temperature=0, max_tokens=20, tools=[WEATHER], tool_choice="none", messages=[
        *WEATHER_ASKED, message, {"role": "tool", "tool_call_id": call.id, "content": "Sunny"}])
    expect(again.choices[0].message.content, again)


def tools_stream():
    chosen = {"type": "function", "function": {"name": "get_weather"}}
    with chat.stream(model=MODEL, messages=WEATHER_ASKED, tools=[WEATHER], tool_choice=chosen,
                     temperature=0, max_tokens=60) as events:
        answer = events.get_final_completion()
    call = answer.choices[0].message.tool_calls[0]
    expect(call.function.name == "get_weather" and "city" in json.loads(call.function.arguments), answer)


def logprobs():
    answer = chat.create(model=MODEL, messages=CAPITAL, temperature=0, max_tokens=5, logprobs=True, top_logprobs=3)
    tokens = answer.choices[0].logprobs.content
    expect("".join(bytes(token.bytes).decode() for token in tokens) == answer.choices[0].message.content, answer)
    expect(all(token.logprob <= 0 and len(token.top_logprobs) == 3 for token in tokens), tokens)


def embeddings():
    texts = ["The pump is broken", "The pump doesn't work", "I like cheese"]
    answer = client.embeddings.create(model=EMBEDDING_MODEL, input=texts)  # in base64, which the client decodes
    plain = client.embeddings.create(model=EMBEDDING_MODEL, input=texts[0], encoding_format="float")
    vectors = [item.embedding for item in answer.data]
    expect(max(abs(a - b) for a, b in zip(vectors[0], plain.data[0].embedding)) < 1e-4, plain)
    near = [sum(a * b for a, b in zip(vectors[0], other)) for other in vectors[1:]]
    expect(near[0] > near[1], near)
    expect(answer.usage.prompt_tokens > 3, answer.usage)


def models():
    expect(MODEL in [model.id for model in client.models.list()], "list")
    expect(client.models.retrieve(MODEL).id == MODEL, "retrieve")
    raises(openai.NotFoundError, lambda: client.models.retrieve("gpt-4o"))


def bad_key():
    error = raises(openai.AuthenticationError, lambda: openai.OpenAI(
        base_url=BASE_URL, api_key="cb_wrong", max_retries=0).models.list())
    expect(error.code == "invalid_api_key", error.body)


def unknown_model():
    error = raises(openai.NotFoundError, lambda: chat.create(model="gpt-4o", messages=CAPITAL))
    expect((error.code, error.param) == ("model_not_found", "model"), error.body)


def too_long():
    error = raises(openai.BadRequestError, lambda: chat.create(model=MODEL, messages=[
        {"role": "user", "content": "word " * 20000}]))
    expect(error.code == "context_length_exceeded", error.body)


def unsupported():
    error = raises(openai.BadRequestError, lambda: chat.create(model=MODEL, messages=CAPITAL, logit_bias={"1": 1}))
    expect((error.code, error.param) == ("unsupported_value", "logit_bias"), error.body)


def idempotency():
    headers = {"Idempotency-Key": "python"}
    create = lambda **more: chat.with_raw_response.create(
        model=MODEL, messages=COUNT, max_tokens=8, temperature=1, extra_headers=headers, **more)
    first, again = create(), create()
    expect(first.http_response.text == again.http_response.text, again)
    expect(again.headers["idempotent-replayed"] == "true", again.headers)
    raises(openai.BadRequestError, lambda: create(seed=1))


def response():
    answer = client.responses.create(model=MODEL, instructions="Answer in one word.",
                                     input="What is the capital of France?", temperature=0, max_output_tokens=20)
    expect("Paris" in answer.output_text, answer)
    expect(answer.usage.total_tokens > 0, answer)


def response_stream():
    asked = dict(model=MODEL, input="What is the capital of France? Answer in one word.", temperature=0)
    with client.responses.stream(**asked, max_output_tokens=60) as events:
        deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
        final = events.get_final_response()
    expect("".join(deltas) == final.output_text and "Paris" in final.output_text, final)
    cut = list(client.responses.create(model=MODEL, input="Count to twenty.", max_output_tokens=3, stream=True))
    expect(cut[-1].type == "response.incomplete", cut[-1])
    expect([event.sequence_number for event in cut] == list(range(len(cut))), cut)


def response_tools():
    tool = {"type": "function", "strict": True, **WEATHER["function"]}
    asked = [{"role": "user", "content": "What is the weather in Paris?"}]
    answer = client.responses.create(model=MODEL, input=asked, tools=[tool], tool_choice="required",
                                     temperature=0, max_output_tokens=60)
    call = next(item for item in answer.output if item.type == "function_call")
    expect("city" in json.loads(call.arguments), answer)
    said = {"type": "function_call_output", "call_id": call.call_id, "output": "Sunny"}
    again = client.responses.create(model=MODEL, input=[*asked, *answer.output, said], temperature=0,
                                    max_output_tokens=20)
    expect(again.output_text, again)


def response_schema():
    answer = client.responses.create(model=MODEL, input="The capital of France?", temperature=0, max_output_tokens=60,
                                     text={"format": {"type": "json_schema", "name": "city", "schema": CITY_SCHEMA}})
    is_city(answer.output_text)


def asynchronous():
    async def run():
        async with openai.AsyncOpenAI(base_url=BASE_URL, api_key=API_KEY, max_retries=0) as other:
            answers = await asyncio.gather(*(
                other.chat.completions.create(model=MODEL, messages=CAPITAL, temperature=0, max_tokens=8)
                for _ in range(4)))
            return [answer.choices[0].message.content for answer in answers]

    texts = asyncio.run(run())
    expect(len(texts) == 4 and all("Paris" in text for text in texts), texts)


check("chat", ask)
check("stream", stream)
check("usage in the stream", stream_usage)
check("stop", stop)
check("n", choices)
check("seed", seed)
check("json_object", json_object)
check("json_schema", json_schema)
check("json_schema, parsed", json_schema_parsed)
check("tools", tools)
check("tools in the stream", tools_stream)
check("logprobs", logprobs)
check("embeddings", embeddings)
check("models", models)
check("error: bad key", bad_key)
check("error: unknown model", unknown_model)
check("error: too long", too_long)
check("error: unsupported field", unsupported)
check("Idempotency-Key", idempotency)
check("responses", response)
check("responses in a stream", response_stream)
check("responses with tools", response_tools)
check("responses with json_schema", response_schema)
check("asynchronous, side by side", asynchronous)
