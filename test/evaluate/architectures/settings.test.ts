import { OptionError, UnsupportedError } from "../../../kernel";
import { Settings } from "../../../kernel/evaluate/architectures/settings";

const read = (config: Record<string, unknown>) => new Settings("llama", config);

describe("Settings", () => {
  it("checks what it reads", () => {
    expect(read({ heads: 4 }).count("heads")).toBe(4);
    expect(read({ heads: null }).count("heads", 2)).toBe(2);
    expect(read({}).flag("tied", true)).toBe(true);
    for (const heads of [0, 1.5, -1, "4", NaN]) expect(() => read({ heads }).count("heads")).toThrow(OptionError);
    for (const theta of [0, -1, Infinity, "1"]) expect(() => read({ theta }).positive("theta")).toThrow('"theta" is');
    expect(() => read({ tied: 1 }).flag("tied", true)).toThrow("true or false");
    expect(() => read({}).count("heads")).toThrow('"heads" is absent');
  });

  it("refuses a value that is not computed", () => {
    read({}).only("scale", true);
    read({ scale: true }).only("scale", true);
    expect(() => read({ scale: false }).only("scale", true)).toThrow('"scale": false; it is run with true only');
  });

  it("refuses at the end what nobody asked for, unless it changes nothing", () => {
    const settings = read({ heads: 4, attention_dropout: 0.1, torch_dtype: "float16", new_trick: 2, absent: null });
    settings.count("heads");
    expect(() => settings.finish()).toThrow(UnsupportedError);
    expect(() => settings.finish()).toThrow('"new_trick": 2, which may change what the network computes');
    settings.known("new_trick");
    expect(() => settings.finish()).not.toThrow();
  });
});
