import { CommTable } from "../../kernel/transport/comm-table";
import { request } from "./fakes";

describe("the table of comms", () => {
  test("has those of the session and of clients, until they are closed", () => {
    const table = new CommTable();
    table.note("comm_open", JSON.stringify({ comm_id: "1", target_name: "a" }));
    table.note("comm_open", { comm_id: "2", target_name: "b" });
    table.note("comm_open", { comm_id: "3", target_name: "a" });
    table.note("comm_close", JSON.stringify({ comm_id: "3" }));
    table.note("comm_msg", { comm_id: "4", target_name: "a" });
    expect(table.list(null)).toEqual({ 1: { target_name: "a" }, 2: { target_name: "b" } });
    expect(table.list("b")).toEqual({ 2: { target_name: "b" } });
  });

  test("names no target where none was given, leaves out comms without an id, and reads no other message", () => {
    const table = new CommTable();
    table.note("comm_open", { comm_id: "1" });
    table.note("comm_open", { comm_id: "2", target_name: 5 });
    table.note("comm_open", { target_name: "a" });
    table.note("comm_open", { comm_id: 5, target_name: "a" });
    table.note("comm_open", "[]");
    table.note("display_data", "not even JSON");
    expect(table.list(null)).toEqual({ 1: { target_name: "" }, 2: { target_name: "" } });
  });

  test("knows the comms that are open and the targets that are answered", () => {
    const table = new CommTable();
    const opening = request("comm_open", { comm_id: "1", target_name: "a" });
    const message = request("comm_msg", { comm_id: "1" });
    expect([table.isKnown(opening), table.isKnown(message)]).toEqual([false, false]);
    table.answers("a");
    table.note("comm_open", opening.content);
    expect([table.isKnown(opening), table.isKnown(message)]).toEqual([true, true]);
    expect(table.isKnown(request("comm_open", { comm_id: "1", target_name: "b" }))).toBe(false);
  });
});
