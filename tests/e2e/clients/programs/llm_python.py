"""The command line `llm`, with the site's models in its own configuration files."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from checks import API_KEY, BASE_URL, CITY_SCHEMA, EMBEDDING_MODEL, MODEL, check, expect, is_city

folder = pathlib.Path(tempfile.mkdtemp())
models = [{"model_id": "site", "model_name": MODEL, "api_base": BASE_URL, "api_key_name": "site",
           "supports_schema": True, "supports_tools": True, "can_stream": True},
          {"model_id": "lost", "model_name": "gpt-4o", "api_base": BASE_URL, "api_key_name": "site"}]
(folder / "extra-openai-models.yaml").write_text(json.dumps(models))  # JSON is YAML
(folder / "keys.json").write_text(json.dumps({"site": API_KEY}))
(folder / "get_weather.py").write_text('def get_weather(city: str) -> str:\n    "Tells the weather"\n    return "Sunny"\n')

capital = "What is the capital of France? Answer in one word."


def llm(*arguments, code=0):
    ran = subprocess.run([sys.executable, "-m", "llm", *arguments], capture_output=True, text=True,
                         env={**os.environ, "LLM_USER_PATH": str(folder)}, stdin=subprocess.DEVNULL)
    expect(ran.returncode == code, ran)
    return ran.stdout if code == 0 else ran.stderr


def prompt(*more, **kwargs):
    return llm("prompt", "-m", "site", "-o", "temperature", "0", "-o", "max_tokens", "40", "--no-log", *more, **kwargs)


def tools():
    # Its chain asks again with what the tool said; the small model may call no tool by itself, so only the way counts.
    said = prompt("--functions", (folder / "get_weather.py").read_text(), "What is the weather in Paris?")
    expect(said.strip(), said)


check("chat, streamed", lambda: expect("Paris" in prompt(capital), "no Paris"))
check("chat, whole", lambda: expect("Paris" in prompt("--no-stream", capital), "no Paris"))
check("system message", lambda: expect(prompt("-s", "Answer in one word.", "The capital of France?").strip(), "nothing"))
check("json_schema", lambda: is_city(prompt("--schema", json.dumps(CITY_SCHEMA), capital)))
check("tools offered", tools)
check("error: unknown model", lambda: expect(
    "doesn't exist here" in llm("prompt", "-m", "lost", "--no-log", capital, code=1), "another error"))
check("error: bad key", lambda: expect(
    "Incorrect API key" in prompt("--key", "cb_wrong", capital, code=1), "another error"))
