"""Ask an assistant about a file, and print its citations as footnotes, each with its passage.

    python file_search.py "How long may a guest stay?"

The client reads OPENAI_BASE_URL and OPENAI_API_KEY by itself.
"""

import sys

from openai import OpenAI

QUESTION = "How long may a guest stay?"
RULES = """# House rules

Guests may stay for up to ten nights in a row.

The laundry is open from seven in the morning until nine in the evening.

Bicycles stand in the shed behind the house, never in the hall.
"""

client = OpenAI()


def footnotes(text):
    """The text with numbered markers, and for each the file and, where the server gives it, the passage."""
    value, notes = text.value, []
    for number, annotation in enumerate(text.annotations, start=1):
        if annotation.type != "file_citation":
            continue
        value = value.replace(annotation.text, f"({number})", 1)
        file = client.files.retrieve(annotation.file_citation.file_id)
        quote = " ".join((getattr(annotation.file_citation, "quote", None) or "").split())
        notes.append(f"({number}) {file.filename}: {quote}" if quote else f"({number}) {file.filename}")
    return value, notes


def main(question):
    """Put a file into a vector store, ask, and print the answer with its footnotes."""
    store = client.vector_stores.create(name="House")
    client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=("rules.md", RULES.encode()))
    assistant = client.beta.assistants.create(
        model="gpt-4o",
        instructions="You answer guests, from the files only.",
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": [store.id]}},
    )
    thread = client.beta.threads.create(messages=[{"role": "user", "content": question}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)

    answer = client.beta.threads.messages.list(thread.id, run_id=run.id).data[0]
    value, notes = footnotes(answer.content[0].text)
    print(value)
    print("\n".join(notes))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else QUESTION)
