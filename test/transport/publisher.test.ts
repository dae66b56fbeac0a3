import os from "node:os";
import { Signer } from "../../kernel/protocol/signature";
import { Publisher } from "../../kernel/transport/publisher";
import { fakeSockets, request, settled } from "./fakes";

function publisher(key = "secret") {
  const sockets = fakeSockets();
  return { ...sockets, publisher: new Publisher(sockets.all, new Signer(key)) };
}

describe("the publisher", () => {
  test("signs what it sends, with a header of its own and the parent's", async () => {
    const { publisher: own, iopub } = publisher();
    const { header } = request("execute_request");
    own.rememberParent(1, header);
    own.publish("display_data", own.parentOf(1), '{"a":1}', { metadata: '{"b":2}', buffers: [Uint8Array.of(7)] });
    own.publish("display_data", own.parentOf(1), "{}");
    await settled();
    const [first, second] = iopub.sent;
    expect(first).toMatchObject({ type: "display_data", parent: header, content: { a: 1 }, metadata: { b: 2 } });
    expect(Array.from(first.buffers[0])).toEqual([7]);
    expect(first.signature).toBe(new Signer("secret").sign(first.signed));
    expect(first.header.version).toBe("5.5");
    expect(first.header.session).toBe(second.header.session);
    expect(first.header.msg_id).not.toBe(second.header.msg_id);
    expect(first.identities).toEqual([`kernel.${first.header.session}.display_data`]);
  });

  test("names no parent for a request that it does not know", () => {
    expect(publisher().publisher.parentOf(3)).toBe("{}");
  });

  test("forgets the oldest of more than ten thousand parents", () => {
    const { publisher: own } = publisher();
    const { header } = request("execute_request");
    for (let id = 1; id <= 10_001; id++) own.rememberParent(id, header);
    expect(own.parentOf(1)).toBe("{}");
    expect(own.parentOf(2)).toBe(JSON.stringify(header));
    expect(own.parentOf(10_001)).toBe(JSON.stringify(header));
  });

  test("sends printed text before whatever is published after it", async () => {
    const { publisher: own, iopub } = publisher();
    own.print(1, "stdout", "a");
    own.print(1, "stdout", "b");
    own.publishStatus("idle", "{}");
    await settled();
    expect(iopub.sent.map(({ type, content }) => [type, content])).toEqual([
      ["stream", { name: "stdout", text: "ab" }],
      ["status", { execution_state: "idle" }],
    ]);
    expect(iopub.sent[0].identities[0]).toMatch(/^kernel\..*\.stream\.stdout$/);
  });

  test("replies to the sender, on the channel of the request, with the request's header", async () => {
    const { publisher: own, shell, control, iopub } = publisher();
    const message = request("complete_request", {}, "someone");
    await own.reply("shell", message, "complete_reply", '{"status":"ok"}', '{"m":1}');
    expect(shell.sent).toMatchObject([
      {
        identities: ["someone"],
        type: "complete_reply",
        parent: message.header,
        metadata: { m: 1 },
        content: { status: "ok" },
      },
    ]);
    expect([control.sent, iopub.sent]).toEqual([[], []]);
  });

  test("a client that is gone matters on stdin only", async () => {
    const { publisher: own, shell, stdin } = publisher();
    shell.failure = stdin.failure = new Error("no route");
    await expect(own.reply("shell", request("a"), "a_reply", "{}")).resolves.toBeUndefined();
    await expect(own.reply("stdin", request("a"), "input_request", "{}")).rejects.toThrow("no route");
  });

  test("welcomes a subscriber before all that waits", async () => {
    const { publisher: own, iopub } = publisher();
    own.publishStatus("busy", "{}"); // It is being sent.
    own.publishStatus("idle", "{}");
    await own.welcome(Buffer.from("topic"), "topic");
    await own.drained();
    expect(iopub.sent.map(({ type }) => type)).toEqual(["status", "iopub_welcome", "status"]);
    expect(iopub.sent[1]).toMatchObject({ identities: ["topic"], content: { subscription: "topic" } });
  });

  test("is behind when more than 32 messages wait, and no more when they are gone", async () => {
    const { publisher: own } = publisher();
    for (let i = 0; i < 33; i++) own.publishStatus("busy", "{}"); // One of them is being sent.
    expect(own.behind).toBe(false);
    own.publishStatus("busy", "{}");
    expect(own.behind).toBe(true);
    await own.drained();
    expect(own.behind).toBe(false);
  });

  test("is drained when every socket has taken what it was given", async () => {
    const { publisher: own, shell, iopub } = publisher();
    const release: (() => void)[] = [];
    for (const socket of [shell, iopub]) socket.send = () => new Promise<void>((resolve) => void release.push(resolve));
    own.publishStatus("idle", "{}");
    void own.reply("shell", request("a"), "a_reply", "{}");
    let isDrained = false;
    const drained = own.drained().then(() => (isDrained = true));
    await settled();
    release[0]();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isDrained).toBe(false);
    release[1]();
    await drained;
  });

  test("names its user, and a user without a name is the kernel", async () => {
    const named = publisher();
    jest.spyOn(os, "userInfo").mockImplementation(() => {
      throw new Error("no such user");
    });
    const nameless = publisher();
    jest.restoreAllMocks();
    for (const { publisher: own } of [named, nameless]) own.publishStatus("idle", "{}");
    await settled();
    expect(named.iopub.sent[0].header.username).toBe(os.userInfo().username);
    expect(nameless.iopub.sent[0].header.username).toBe("kernel");
  });

  test("is drained when gathered text is sent too", async () => {
    const { publisher: own, iopub } = publisher();
    own.print(1, "stderr", "last words");
    await own.drained();
    expect(iopub.sent).toMatchObject([{ content: { name: "stderr", text: "last words" } }]);
  });
});
