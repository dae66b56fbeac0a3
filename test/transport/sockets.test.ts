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

test("a message that fails without an error fails all the same", async () => {
  const queue = new SendQueue(() => Promise.reject(undefined as unknown as Error));
  await expect(queue.send(frames("a"))).rejects.toThrow("not sent");
});

test("is drained when the last message was handed on, not when it was taken out of the queue", async () => {
  let handed = false;
  let release: () => void = () => undefined;
  const queue = new SendQueue(async () => {
    await new Promise<void>((resolve) => (release = resolve));
    handed = true;
  });
  const sent = queue.send(frames("a"));
  const drained = queue.drained().then(() => handed);
  await new Promise((resolve) => setTimeout(resolve, 20));
  release();
  expect(await drained).toBe(true);
  await sent;
});

test("a message that goes first overtakes all that waits, also what is tried again and again", async () => {
  const order: string[] = [];
  let room = false;
  const queue = new SendQueue(async ([text], isOvertaken) => {
    // The first message finds no room; it gives way as soon as another is to overtake it.
    while (text === "first" && !room) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (isOvertaken()) return false;
    }
    order.push(String(text));
    return true;
  });
  const sent = [queue.send(frames("first")), queue.send(frames("second"))];
  await Promise.all([queue.sendFirst(frames("welcome a")), queue.sendFirst(frames("welcome b"))]);
  expect(order).toEqual(["welcome a", "welcome b"]);
  room = true;
  await Promise.all(sent);
  expect(order.slice(2)).toEqual(["first", "second"]);
});

test("a message that goes first gives way to no other, and its failure is its own", async () => {
  const overtaken: boolean[] = [];
  const queue = new SendQueue(async (_, isOvertaken) => {
    overtaken.push(isOvertaken());
    if (overtaken.length === 1) throw new Error("not let in");
    return true;
  });
  const first = queue.sendFirst(frames("a"));
  const second = queue.sendFirst(frames("b"));
  await expect(first).rejects.toThrow("not let in");
  await second;
  expect(overtaken).toEqual([false, false]);
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

describe("a subscriber that is stuck", () => {
  /** A clock that every attempt moves by half a second, and what was asked of the socket. */
  function stuck() {
    const socket = subscriber(0);
    const clock = { now: 0 };
    const attempts: boolean[] = [];
    const settings: boolean[] = [];
    const send = patientSend(
      {
        get noDrop() {
          return socket.noDrop;
        },
        set noDrop(noDrop) {
          settings.push(noDrop);
          socket.noDrop = noDrop;
        },
        send: (message) => {
          attempts.push(socket.noDrop);
          clock.now += 500;
          return socket.send(message);
        },
      },
      () => clock.now,
    );
    return { socket, clock, attempts, settings, send };
  }

  test("is waited for three seconds, and then loses what it has no room for", async () => {
    const { attempts, settings, send } = stuck();
    await send(frames("lost"));
    // Attempts end at 0.5, 1, … 3.5 seconds; the one after that lets the message go.
    expect(attempts).toEqual([...Array<boolean>(7).fill(true), false]);
    expect(settings).toEqual([false]);
  });

  test("holds nothing up for half a minute, and is waited for again after it", async () => {
    const { socket, clock, attempts, settings, send } = stuck();
    await send(frames("lost"));
    attempts.length = 0;
    clock.now = 3_500 + 29_999;
    await send(frames("lost too"));
    expect(attempts).toEqual([false]);
    clock.now = 3_500 + 30_000;
    socket.room = 1;
    await send(frames("kept"));
    expect(attempts).toEqual([false, true]);
    expect(settings).toEqual([false, true]);
    expect(socket.taken).toEqual(["kept"]);
  });

  test("is another matter than a socket that fails, which is told at once", async () => {
    let attempts = 0;
    const send = patientSend({
      noDrop: true,
      send: () => (attempts++, Promise.reject(Object.assign(new Error("broken"), { code: "ENOTSOCK" }))),
    });
    await expect(send(frames("a"))).rejects.toThrow("broken");
    expect(attempts).toBe(1);
  });

  test("may fail while nobody waits for it, which is told too", async () => {
    const { socket, send } = stuck();
    await send(frames("lost"));
    socket.send = () => Promise.reject(Object.assign(new Error("full"), { code: "EAGAIN" }));
    await expect(send(frames("a"))).rejects.toThrow("full");
  });
});
