"""LangChain's models for OpenAI's API: invoke, stream, tools, structured output, embeddings."""

import openai
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

from checks import API_KEY, BASE_URL, EMBEDDING_MODEL, MODEL, check, expect, raises

capital = "What is the capital of France? Answer in one word."
count = "Count from one to twenty in words."


def model(**more):
    return ChatOpenAI(**{"model": MODEL, "base_url": BASE_URL, "api_key": API_KEY, "temperature": 0, "max_tokens": 60,
                         "max_retries": 0, **more})


class City(BaseModel):
    """A city."""

    capital: bool
    inhabitants: int


@tool
def get_weather(city: str) -> str:
    """Tells the weather of a city."""
    return "Sunny"


def chat():
    answer = model().invoke(capital)
    expect("Paris" in answer.content, answer)
    expect(answer.usage_metadata["total_tokens"] > 0, answer)


def stream():
    chunks = list(model(stream_usage=True, max_tokens=12).stream(count))
    expect(len(chunks) > 5 and sum(len(chunk.content) for chunk in chunks) > 10, chunks)
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    expect(whole.usage_metadata["output_tokens"] == 12, whole)


def stop():
    answer = model().bind(stop=["Paris"]).invoke(capital)
    expect("Paris" not in answer.content, answer)


def tools():
    asked = HumanMessage("What is the weather in Paris?")
    answer = model().bind_tools([get_weather], tool_choice="required", strict=True).invoke([asked])
    call = answer.tool_calls[0]
    expect(call["name"] == "get_weather" and "city" in call["args"], answer)
    again = model().invoke([asked, answer, ToolMessage("Sunny", tool_call_id=call["id"])])
    expect(again.content, again)


def structured(method):
    found = model().with_structured_output(City, method=method).invoke("Tell me of Paris, the capital of France.")
    expect(isinstance(found, City), found)


def embeddings():
    # It would send tokens of OpenAI's own vocabulary otherwise, which mean nothing to another model.
    embedder = OpenAIEmbeddings(model=EMBEDDING_MODEL, base_url=BASE_URL, api_key=API_KEY, max_retries=0,
                                check_embedding_ctx_length=False)
    vectors = embedder.embed_documents(["The pump is broken", "I like cheese"])
    expect(len(vectors) == 2 and len(vectors[0]) == len(embedder.embed_query("pump")) > 8, vectors)


def bad_key():
    raises(openai.AuthenticationError, lambda: model(api_key="cb_wrong").invoke(capital))


def unknown_model():
    raises(openai.NotFoundError, lambda: model(model="gpt-4o").invoke(capital))


def batch():
    answers = model().batch([capital] * 4)
    expect(all("Paris" in answer.content for answer in answers), answers)


def responses():
    answer = model(use_responses_api=True).invoke(capital)
    expect("Paris" in answer.text, answer)


check("chat", chat)
check("stream", stream)
check("stop", stop)
check("tools", tools)
check("structured output by json_schema", lambda: structured("json_schema"))
check("structured output by a tool", lambda: structured("function_calling"))
check("embeddings", embeddings)
check("batch", batch)
check("responses", responses)
check("error: bad key", bad_key)
check("error: unknown model", unknown_model)
