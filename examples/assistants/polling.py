"""Ask an assistant and look at the run again and again until it has ended: the oldest style of all.

    python polling.py "How long does a hen's egg need to be hard?"

The client reads OPENAI_BASE_URL and OPENAI_API_KEY by itself.
"""

import sys
import time

from openai import OpenAI

QUESTION = "How long does a hen's egg need to be hard, and why?"
WORKING = ("queued", "in_progress", "cancelling")

client = OpenAI()


def wait_for(run, seconds=0.2):
    """The run as soon as it works no more."""
    while run.status in WORKING:
        time.sleep(seconds)
        run = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    return run


def main(question):
    """Make an assistant and a thread, ask, wait, and print what was said."""
    assistant = client.beta.assistants.create(
        model="gpt-4o",
        name="Kitchen aid",
        instructions="You answer questions of home cooks in two sentences.",
    )
    thread = client.beta.threads.create()
    client.beta.threads.messages.create(thread.id, role="user", content=question)

    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    run = wait_for(run)
    if run.status != "completed":
        sys.exit(f"The run is {run.status}: {run.last_error}")

    for message in client.beta.threads.messages.list(thread.id, order="asc"):
        for part in message.content:
            if part.type == "text":
                print(f"{message.role}: {part.text.value}")
    print(f"({run.usage.prompt_tokens} tokens in, {run.usage.completion_tokens} out)")

    client.beta.threads.delete(thread.id)
    client.beta.assistants.delete(assistant.id)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else QUESTION)
