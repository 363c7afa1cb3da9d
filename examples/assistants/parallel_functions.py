"""Let an assistant call several functions at once, carry them out side by side, and hand in all outputs together.

    python parallel_functions.py "What do I pay for three tickets to Lyon, in Swiss francs?"

The client reads OPENAI_BASE_URL and OPENAI_API_KEY by itself.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI

QUESTION = "What do I pay for three tickets to Lyon, in Swiss francs?"


def ticket_price(destination):
    """The price of one ticket, in euros."""
    return {"destination": destination, "euros": {"Lyon": 62, "Turin": 48}.get(destination)}


def exchange_rate(currency):
    """What one euro is worth in another currency."""
    return {"currency": currency, "per_euro": {"CHF": 0.94, "GBP": 0.86}.get(currency)}


def described(function, parameter):
    """A function of one text parameter, as the assistant is told of it."""
    parameters = {"type": "object", "properties": {parameter: {"type": "string"}}, "required": [parameter]}
    about = {"name": function.__name__, "description": function.__doc__, "parameters": parameters}
    return {"type": "function", "function": about}


FUNCTIONS = {"ticket_price": ticket_price, "exchange_rate": exchange_rate}
TOOLS = [described(ticket_price, "destination"), described(exchange_rate, "currency")]

client = OpenAI()


def output_of(call):
    """Carry out one call."""
    output = json.dumps(FUNCTIONS[call.function.name](**json.loads(call.function.arguments)))
    print(f"{call.function.name}({call.function.arguments}) -> {output}")
    return {"tool_call_id": call.id, "output": output}


def main(question):
    """Ask, and bring outputs for as long as they are asked for."""
    assistant = client.beta.assistants.create(
        model="gpt-4o", instructions="You sell train tickets.", tools=TOOLS
    )
    thread = client.beta.threads.create(messages=[{"role": "user", "content": question}])
    run = client.beta.threads.runs.create_and_poll(
        thread_id=thread.id, assistant_id=assistant.id, parallel_tool_calls=True
    )
    while run.status == "requires_action":
        with ThreadPoolExecutor() as pool:
            outputs = list(pool.map(output_of, run.required_action.submit_tool_outputs.tool_calls))
        run = client.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=thread.id, tool_outputs=outputs
        )
    answer = client.beta.threads.messages.list(thread.id, run_id=run.id, limit=1).data[0]
    print(answer.content[0].text.value)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else QUESTION)
