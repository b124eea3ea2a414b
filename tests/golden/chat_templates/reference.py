"""Renders the conversations with every template as the `transformers` library does, and writes NAME.txt."""

import json
import pathlib

from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

here = pathlib.Path(__file__).parent


def fail(message):
    raise ValueError(message)


environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
environment.filters["tojson"] = lambda value, ensure_ascii=False, **more: json.dumps(value, ensure_ascii=ensure_ascii, **more)
environment.globals["raise_exception"] = fail
environment.globals["strftime_now"] = lambda format: "today"


def message(given):
    wire = {"role": given["role"], "content": given["content"]}
    if "calls" in given:
        wire["tool_calls"] = [
            {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": call["arguments"]}}
            for call in given["calls"]
        ]
    if "call" in given:
        wire["tool_call_id"] = given["call"]
    return wire


def render(template, conversation):
    tools = [{"type": "function", "function": tool} for tool in conversation.get("tools", [])]
    more = {"tools": tools} if tools else {}
    try:
        return template.render(
            messages=[message(one) for one in conversation["messages"]],
            add_generation_prompt=True,
            bos_token="<BEGIN>",
            eos_token="<END>",
            **more,
        )
    except ValueError as error:
        return f"ERROR: {error}"


conversations = json.loads((here / "conversations.json").read_text())
for path in sorted(here.glob("*.jinja")):
    template = environment.from_string(path.read_text())
    texts = [render(template, conversation) for conversation in conversations]
    path.with_suffix(".txt").write_text("\n----------\n".join(texts) + "\n")
