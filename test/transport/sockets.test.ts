import { patientSend, SendQueue } from "../../kernel/transport/sockets";

const frames = (text: string): string[] => [text];

test("a queue never sends two messages at once, and keeps their order", async () => {
  const sent: string[] = [];
  let inside = 0;
  const queue = new SendQueue(async ([text]) => {
    expect(inside++).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, Number(text) % 3));
    sent.push(String(text));
    inside--;
  });
  const all = Array.from({ length: 50 }, (_, i) => String(i));
  await Promise.all(all.map((text) => queue.send(frames(text))));
  expect(sent).toEqual(all);
});

test("a message that cannot be sent fails alone", async () => {
  const queue = new SendQueue(async ([text]) => {
    if (text === "bad") throw new Error("no route");
  });
  const bad = queue.send(frames("bad"));
  const good = queue.send(frames("good"));
  await expect(bad).rejects.toThrow("no route");
  await expect(good).resolves.toBeUndefined();
  await queue.drained();
  expect(queue.length).toBe(0);
});

/** A publisher whose subscriber takes `room` messages and then no more. */
function subscriber(room: number): {
  noDrop: boolean;
  taken: string[];
  room: number;
  send(f: unknown[]): Promise<void>;
} {
  return {
    noDrop: true,
    room,
    taken: [],
    async send([text]) {
      if (this.taken.length < this.room) this.taken.push(String(text));
      else if (this.noDrop) throw Object.assign(new Error("full"), { code: "EAGAIN" });
    },
  };
}

test("waits for a subscriber that is slow", async () => {
  const socket = subscriber(1);
  const send = patientSend(socket);
  await send(frames("a"));
  setTimeout(() => (socket.room = 2), 30);
  await send(frames("b"));
  expect(socket.taken).toEqual(["a", "b"]);
});

test("does not wait for ever for one that is stuck, and waits again later", async () => {
  let now = 0;
  const socket = subscriber(0);
  const send = patientSend(socket, () => (now += 500));
  await send(frames("lost"));
  expect(socket.noDrop).toBe(false);
  now += 60_000;
  socket.room = 1;
  await send(frames("kept"));
  expect(socket.noDrop).toBe(true);
  expect(socket.taken).toEqual(["kept"]);
});
