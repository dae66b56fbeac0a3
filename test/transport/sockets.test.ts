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

test("what comes before a message happens when its turn has come, and its failure is the message's", async () => {
  const order: string[] = [];
  const queue = new SendQueue(async ([text]) => void order.push(String(text)));
  const first = queue.send(frames("first"));
  const second = queue.send(frames("second"), () => order.push("before the second"));
  const third = queue.send(frames("third"), () => {
    throw new Error("not let in");
  });
  await Promise.all([first, second]);
  await expect(third).rejects.toThrow("not let in");
  expect(order).toEqual(["first", "before the second", "second"]);
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
