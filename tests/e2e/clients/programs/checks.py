"""Runs checks and tells each one's outcome as a line of JSON."""

import json
import os
import sys
import traceback

BASE_URL = os.environ["BASE_URL"]
API_KEY = os.environ["API_KEY"]
MODEL = os.environ["MODEL"]
EMBEDDING_MODEL = os.environ["EMBEDDING_MODEL"]

CAPITAL = [{"role": "user", "content": "What is the capital of France? Answer in one word."}]
COUNT = [{"role": "user", "content": "Count from one to twenty in words."}]
WEATHER_ASKED = [{"role": "user", "content": "What is the weather in Paris?"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 20}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
CITY_SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "maxLength": 20},
        "inhabitants": {"type": "integer", "minimum": 0, "maximum": 99999999},
    },
    "required": ["city", "inhabitants"],
    "additionalProperties": False,
}


def check(name, body):
    """Runs one check. What it raises is its failure."""
    try:
        body()
        print(json.dumps({"check": name, "ok": True}), flush=True)
    except BaseException:  # also what isn't an Exception: the test must hear of it
        why = "\n".join(traceback.format_exc().splitlines()[-12:])
        print(json.dumps({"check": name, "ok": False, "why": why}), flush=True)


def expect(holds, found):
    """Fails with what was found instead."""
    if not holds:
        raise AssertionError(repr(found))


def raises(kind, body):
    """The error of this kind that `body` must raise."""
    try:
        found = body()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} but {found!r}")


def is_city(text):
    """Fails unless the text is JSON that CITY_SCHEMA accepts."""
    value = json.loads(text)
    expect(sorted(value) == ["city", "inhabitants"], value)
    expect(isinstance(value["city"], str) and isinstance(value["inhabitants"], int), value)


if sys.version_info < (3, 9):
    sys.exit("The clients need Python 3.9 or newer")
