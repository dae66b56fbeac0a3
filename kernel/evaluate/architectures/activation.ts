import { UnsupportedError } from "../../errors";

/** The functions inside a feed-forward part: x·σ(x); x·Φ(x) with erf or by tanh; x·σ(1.702 x); max(x, 0); max(x, 0)². */
export type Activation = "silu" | "gelu" | "gelu by tanh" | "quick gelu" | "relu" | "squared relu";

const names: Readonly<Record<string, Activation>> = {
  silu: "silu",
  swish: "silu",
  gelu: "gelu",
  gelu_python: "gelu",
  gelu_new: "gelu by tanh",
  gelu_fast: "gelu by tanh",
  gelu_pytorch_tanh: "gelu by tanh",
  gelu_accurate: "gelu by tanh",
  quick_gelu: "quick gelu",
  relu: "relu",
  relu2: "squared relu",
};

/** The function that a configuration names. `UnsupportedError` for any other. */
export function activationOf(name: unknown, family: string): Activation {
  if (typeof name === "string" && Object.hasOwn(names, name)) return names[name];
  throw new UnsupportedError(
    `running ${family}: the activation ${JSON.stringify(name)} is not known; known are ${Object.keys(names).join(", ")}`,
  );
}
