import { Model } from "../../kernel/widgets/model";
import { FrontEnd, type Sent } from "./fake-comms";

const frontEnd = new FrontEnd();

function latest(): Sent {
  const sent = frontEnd.sent.at(-1);
  if (sent === undefined) throw new Error("nothing was sent");
  return sent;
}
const kind = { module: "m", version: "1.0.0", model: "AModel", view: "AView" };

test("state is sent again when it is asked for, with its bytes beside it", () => {
  const model = new Model(kind, { value: 1, data: new Uint8Array([1, 2]) });
  frontEnd.send(model.id, { method: "request_state" });
  const { data, buffers } = latest();
  expect(data).toMatchObject({
    method: "update",
    state: { value: 1, _model_name: "AModel" },
    buffer_paths: [["data"]],
  });
  expect(data.state).not.toHaveProperty("data");
  expect(buffers).toEqual([new Uint8Array([1, 2])]);
});

test("all models are described to a page that was loaded again, and closed ones are not", () => {
  const kept = new Model(kind, { value: [{ deep: new Uint8Array([7]) }] });
  const closed = new Model(kind, {});
  closed.close();
  const control = frontEnd.open("jupyter.widget.control");
  frontEnd.send(control, { method: "request_states" });
  const { data, buffers } = latest();
  expect(data.method).toBe("update_states");
  const states = data.states as Record<string, unknown>;
  expect(states[kept.id]).toMatchObject({ model_name: "AModel", model_module: "m", model_module_version: "1.0.0" });
  expect(states).not.toHaveProperty(closed.id);
  const at = (data.buffer_paths as unknown[][]).findIndex(([id]) => id === kept.id);
  expect((data.buffer_paths as unknown[][])[at]).toEqual([kept.id, "state", "value", 0, "deep"]);
  expect(buffers[at]).toEqual(new Uint8Array([7]));
  const before = frontEnd.sent.length;
  frontEnd.send(control, { method: "something" });
  frontEnd.send(control, null);
  expect(frontEnd.sent).toHaveLength(before);
});

test("bytes of a page arrive in their place, messages with theirs, and nonsense does no harm", () => {
  const changed: unknown[] = [];
  const custom: unknown[] = [];
  const model = new Model(kind, {}, { changed: (state) => changed.push(state), custom: (...all) => custom.push(all) });
  const bytes = new Uint8Array([9]);
  frontEnd.send(model.id, { method: "update", state: { a: {} }, buffer_paths: [["a", "b"], ["x", "y"], []] }, [
    bytes,
    bytes,
  ]);
  expect(changed).toEqual([{ a: { b: bytes } }]);
  frontEnd.send(model.id, { method: "custom", content: { event: "click" } }, [bytes]);
  expect(custom).toEqual([[{ event: "click" }, [bytes]]]);
  for (const data of [null, 5, {}, { method: "update" }, { method: "update", state: 5 }, { method: "no" }])
    frontEnd.send(model.id, data);
  expect(changed).toHaveLength(1);
  model.sendCustom({ hello: 1 }, [bytes]);
  expect(frontEnd.sent.at(-1)).toMatchObject({ data: { method: "custom", content: { hello: 1 } }, buffers: [bytes] });
});
