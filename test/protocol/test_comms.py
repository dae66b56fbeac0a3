"""Comms in both directions, with binary buffers."""


def open_comms(kernel, target=""):
    return kernel.collect(kernel.request("comm_info_request", {"target_name": target})).content["comms"]


def test_opened_by_the_front_end(kernel):
    run = kernel.run(
        "import { onComm } from 'codebook'\n"
        "onComm('echo', (comm, open) => {\n"
        "  comm.send({ opened: open.data });\n"
        "  comm.onMessage(({ data, buffers }) => comm.send({ back: data }, {}, buffers?.map((b) => b.map((x) => x + 1))));\n"
        "  comm.onClose(({ data }) => console.log('closed', data));\n"
        "})"
    )
    assert run.status == "ok", run.content
    kernel.request("comm_open", {"comm_id": "c1", "target_name": "echo", "data": {"hello": 1}})
    message = kernel.wait_for(lambda m: m["msg_type"] == "comm_msg")
    assert message["content"] == {"comm_id": "c1", "data": {"opened": {"hello": 1}}}
    assert open_comms(kernel) == {"c1": {"target_name": "echo"}}
    assert open_comms(kernel, "another") == {}
    sent = kernel.request("comm_msg", {"comm_id": "c1", "data": {"n": 2}}, buffers=[b"\x00\x01\x7f", b""])
    message = kernel.wait_for(lambda m: m["msg_type"] == "comm_msg")
    assert message["parent_header"]["msg_id"] == sent
    assert message["content"]["data"] == {"back": {"n": 2}}
    assert [bytes(b) for b in message["buffers"]] == [b"\x01\x02\x80", b""]
    kernel.request("comm_close", {"comm_id": "c1", "data": {"why": "done"}})
    kernel.wait_for_print("closed")
    assert open_comms(kernel) == {}


def test_opened_by_the_kernel(kernel):
    run = kernel.run(
        "import { openComm } from 'codebook'\n"
        "const comm = openComm('view', { layers: 6 }, { metadata: { version: '1' }, buffers: [new Uint8Array([1, 2, 3])] });\n"
        "comm.onMessage(({ data }) => console.log('got', data))"
    )
    assert run.status == "ok", run.content
    (opened,) = run.of("comm_open")
    comm_id = opened["content"]["comm_id"]
    assert opened["content"] == {"comm_id": comm_id, "target_name": "view", "data": {"layers": 6}}
    assert opened["metadata"]["version"] == "1"
    assert [bytes(b) for b in opened["buffers"]] == [b"\x01\x02\x03"]
    assert comm_id in open_comms(kernel, "view")
    kernel.request("comm_msg", {"comm_id": comm_id, "data": {"slider": 4}})
    kernel.wait_for_print("got { slider: 4 }")
    run = kernel.run("comm.close({ bye: true })")
    assert run.of("comm_close")[0]["content"] == {"comm_id": comm_id, "data": {"bye": True}}
    assert open_comms(kernel) == {}
    assert kernel.run("comm.send({})").status == "error"


def test_an_unknown_target_is_closed(kernel):
    kernel.request("comm_open", {"comm_id": "c9", "target_name": "nobody", "data": {}})
    message = kernel.wait_for(lambda m: m["msg_type"] == "comm_close")
    assert message["content"]["comm_id"] == "c9"
    assert open_comms(kernel) == {}


def test_messages_to_nobody_do_no_harm(kernel):
    for content in ({"comm_id": "nothing", "data": 1}, {}, {"comm_id": 5}):
        kernel.request("comm_msg", content)
        kernel.request("comm_close", content)
    assert kernel.run("1").status == "ok"
