"""Stream an answer through the SDK's event handler, which also calls a function in the middle of the stream.

    python event_handler.py "Is the blue kettle in stock?"

The client reads OPENAI_BASE_URL and OPENAI_API_KEY by itself.
"""

import json
import sys

from openai import AssistantEventHandler, OpenAI

QUESTION = "Is the blue kettle in stock?"
STOCK = {"blue kettle": 7, "red kettle": 0}
ARTICLE = {"type": "object", "properties": {"article": {"type": "string"}}, "required": ["article"]}
STOCK_OF = {
    "type": "function",
    "function": {
        "name": "stock_of",
        "description": "How many pieces of an article are in stock.",
        "parameters": ARTICLE,
    },
}

client = OpenAI()


class Printer(AssistantEventHandler):
    """Prints the answer as it comes."""

    def on_tool_call_created(self, tool_call):
        """A function is asked for; its arguments are still to come."""
        print(f"[{tool_call.function.name}] ", end="", flush=True)

    def on_text_delta(self, delta, snapshot):
        """The next piece of the answer."""
        print(delta.value, end="", flush=True)

    def on_event(self, event):
        """The run waits for outputs: bring them, and read on in a stream of their own."""
        if event.event == "thread.run.requires_action":
            calls = event.data.required_action.submit_tool_outputs.tool_calls
            with client.beta.threads.runs.submit_tool_outputs_stream(
                run_id=event.data.id,
                thread_id=event.data.thread_id,
                tool_outputs=[output_of(call) for call in calls],
                event_handler=Printer(),
            ) as stream:
                stream.until_done()


def output_of(call):
    """Carry out one call."""
    article = json.loads(call.function.arguments)["article"]
    output = {"article": article, "pieces": STOCK.get(article, 0)}
    return {"tool_call_id": call.id, "output": json.dumps(output)}


if __name__ == "__main__":
    assistant = client.beta.assistants.create(
        model="gpt-4o", instructions="You serve in a shop for kitchenware.", tools=[STOCK_OF]
    )
    thread = client.beta.threads.create(
        messages=[{"role": "user", "content": sys.argv[1] if len(sys.argv) > 1 else QUESTION}]
    )
    with client.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=Printer()
    ) as stream:
        stream.until_done()
    print()
