"""A cell asks the person at the notebook."""

from client import HANG


def answer(kernel, value):
    question = kernel.client.get_stdin_msg(timeout=HANG)
    kernel.client.input(value)
    return question["content"]


def test_input_blocks_and_returns_the_line(kernel):
    running = kernel.client.execute("const name = input('Name? '); name + '!'", allow_stdin=True)
    assert answer(kernel, "Ada é𝒳") == {"prompt": "Name? ", "password": False}
    assert kernel.collect(running).result() == "'Ada é𝒳!'"


def test_prompt_and_password(kernel):
    running = kernel.client.execute("[await prompt('first'), password('second')]", allow_stdin=True)
    assert answer(kernel, "a") == {"prompt": "first", "password": False}
    assert answer(kernel, "b") == {"prompt": "second", "password": True}
    assert kernel.collect(running).result() == "[ 'a', 'b' ]"


def test_what_was_printed_before_is_seen_before(kernel):
    running = kernel.client.execute("console.log('read this'); input('ok?')", allow_stdin=True)
    kernel.wait_for_print("read this")
    answer(kernel, "")
    assert kernel.collect(running).result() == "''"


def test_not_allowed(kernel):
    run = kernel.run("input('Name? ')", allow_stdin=False)
    assert run.status == "error"
    assert "nobody will answer" in run.content["evalue"]


def test_interrupted(kernel):
    running = kernel.client.execute("input('wait')", allow_stdin=True)
    kernel.client.get_stdin_msg(timeout=HANG)
    kernel.control("interrupt_request")
    assert kernel.collect(running).status == "error"
    kernel.client.input("too late")
    running = kernel.client.execute("input('again')", allow_stdin=True)
    answer(kernel, "in time")
    assert kernel.collect(running).result() == "'in time'"


def test_a_timer_of_a_cell_that_ended_asks_nobody_and_blocks_nothing(kernel):
    first = kernel.client.execute("setTimeout(() => input('too late'), 50)", allow_stdin=True)
    shown = kernel.wait_for(lambda m: m["msg_type"] == "stream" and m["content"]["name"] == "stderr")
    assert "this cell has ended" in shown["content"]["text"]
    assert shown["parent_header"]["msg_id"] == first
    assert kernel.run("1").status == "ok"
