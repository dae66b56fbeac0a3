"""Widgets over jupyter.widget comms, as a front end sees them."""

WIDGETS = (
    "import { widgets } from 'codebook'\n"
    "const slider = new widgets.IntSlider({ value: 4, min: 1, max: 8 })\n"
    "const label = new widgets.Label({ value: 'start' })\n"
    "slider.observe(({ new: bits }) => { label.value = `bits ${bits}`; console.log('moved', bits) })\n"
    "const image = new widgets.Image({ value: new Uint8Array([1, 2, 3]) })\n"
    "const button = new widgets.Button({ description: 'Run' }).onClick(() => console.log('pressed'))\n"
    "new widgets.VBox([slider, label, button])"
)


def opened(run, model):
    """The comm and the state of the model of this name."""
    for message in run.of("comm_open"):
        content = message["content"]
        if content["data"]["state"]["_model_name"] == model:
            assert content["target_name"] == "jupyter.widget" and message["metadata"]["version"] == "2.1.0"
            return content["comm_id"], content["data"]["state"], message
    raise AssertionError(f"no {model} was opened")


def update(kernel, comm_id, **state):
    data = {"method": "update", "state": state, "buffer_paths": []}
    return kernel.request("comm_msg", {"comm_id": comm_id, "data": data})


def next_message(kernel, comm_id, method):
    def fits(message):
        content = message["content"]
        return (
            message["msg_type"] == "comm_msg"
            and content["comm_id"] == comm_id
            and content["data"].get("method") == method
        )

    return kernel.wait_for(fits)


def test_a_life(kernel):
    run = kernel.run(WIDGETS)
    assert run.status == "ok", run.content
    slider, state, _ = opened(run, "IntSliderModel")
    label, _, _ = opened(run, "LabelModel")
    button, _, _ = opened(run, "ButtonModel")
    box, box_state, _ = opened(run, "VBoxModel")
    image, _, message = opened(run, "ImageModel")
    assert (state["value"], state["min"], state["max"]) == (4, 1, 8)
    assert box_state["children"] == [f"IPY_MODEL_{one}" for one in (slider, label, button)]
    assert message["content"]["data"]["buffer_paths"] == [["value"]] and [bytes(b) for b in message["buffers"]] == [b"\1\2\3"]
    view = run.result("application/vnd.jupyter.widget-view+json")
    assert view == {"version_major": 2, "version_minor": 0, "model_id": box}
    assert "pip install jupyterlab_widgets" in run.result()

    # The reader moves the slider: an echo, the observer's print, the label's new text.
    update(kernel, slider, value=6)
    assert next_message(kernel, slider, "echo_update")["content"]["data"]["state"] == {"value": 6}
    kernel.wait_for_print("moved 6")
    assert kernel.run("slider.value + ' ' + label.value").result() == "'6 bits 6'"

    # A page is loaded again.
    kernel.request("comm_msg", {"comm_id": slider, "data": {"method": "request_state"}})
    assert next_message(kernel, slider, "update")["content"]["data"]["state"]["value"] == 6
    kernel.request("comm_open", {"comm_id": "control", "target_name": "jupyter.widget.control", "data": {}})
    kernel.request("comm_msg", {"comm_id": "control", "data": {"method": "request_states"}})
    message = next_message(kernel, "control", "update_states")
    states = message["content"]["data"]["states"]
    assert states[slider]["model_name"] == "IntSliderModel" and states[slider]["state"]["value"] == 6
    assert [image, "state", "value"] in message["content"]["data"]["buffer_paths"]

    kernel.request("comm_msg", {"comm_id": button, "data": {"method": "custom", "content": {"event": "click"}}})
    kernel.wait_for_print("pressed")

    # What a page cannot mean is refused and put right.
    update(kernel, slider, value=1000)
    assert next_message(kernel, slider, "update")["content"]["data"]["state"] == {"value": 6}
    kernel.wait_for_print("value is 1000")
    assert kernel.run("slider.value").result() == "6"

    run = kernel.run("slider.close(); slider.closed")
    assert slider in [m["content"]["comm_id"] for m in run.of("comm_close")]
    content = kernel.run("slider.value = 3").content
    assert content["status"] == "error" and "closed" in content["evalue"]


def test_wrong_words_speak(kernel):
    kernel.run("import { widgets as w } from 'codebook'")
    assert 'did you mean "value"?' in kernel.run("new w.IntSlider({ vale: 1 } as any)").content["evalue"]
    assert "from 0 to 100" in kernel.run("new w.IntSlider({ value: 101 })").content["evalue"]
    # The type checker knows what an observer gets.
    assert kernel.run("new w.IntSlider().observe(({ new: n }) => n.toFixed(1))").status == "ok"
    assert kernel.run("new w.Text().observe(({ new: n }) => n.toFixed(1))").content["status"] == "error"


def test_output_and_anywidget(kernel):
    run = kernel.run(
        "import { widgets } from 'codebook'\n"
        "const out = new widgets.Output()\n"
        "await out.capture(async () => { console.log('inside'); await sleep(1); display('shown') })\n"
        "const any = new widgets.AnyWidget({ esm: 'export default {}', state: { value: 1 } })\n"
        "any.observe(({ new: value }) => { if (value < 100) any.set({ value: value * 100 }) })\n"
        "any"
    )
    assert run.status == "ok", run.content
    assert run.text() == "" and run.of("display_data") == []
    states = [m["content"]["data"]["state"] for m in run.of("comm_msg")]
    kinds = [output["output_type"] for output in states[-1]["outputs"]]
    assert kinds == ["stream", "display_data"]
    comm_id, state, _ = opened(run, "AnyModel")
    assert state["_esm"] == "export default {}" and state["value"] == 1
    update(kernel, comm_id, value=2)
    assert next_message(kernel, comm_id, "update")["content"]["data"]["state"] == {"value": 200}
