import { expect, test } from "vitest";
import { found } from "./places";
import type { Place } from "./types";

const place = (id: string, name: string, ...aliases: string[]): Place => ({ id, area: "11455", name, kind: "street", aliases });
const LIST = [
  place("1", "Chợ Cầu Vồng"), place("2", "Đường Lý Thánh Tông", "LTT"), place("3", "Bến Nghiêng", "Bến tàu không số"),
  place("4", "Cầu Rào"), place("5", "Phố Nguyễn Hữu Cầu", "Đường 353"),
];
const ids = (query: string, used?: string[]): string[] => found(LIST, query, used).map((f) => f.place.id);

test.each(["ly thanh tong", "LÝ THÁNH TÔNG", "tong ly", "đường ly", "ltt"])("%s", (query) => expect(ids(query)).toEqual(["2"]));

test("names that begin so come first; other and older names are found and told", () => {
  expect(ids("cau")).toEqual(["4", "1", "5"]);
  expect(found(LIST, "tau khong so")).toEqual([{ place: LIST[2], by: "Bến tàu không số" }]);
  expect(ids("353")).toEqual(["5"]);
  expect(ids("chua hang")).toEqual([]);
});

test("before anything is typed: those lately used, then the list", () => {
  expect(ids("  ", ["5", "2"])).toEqual(["5", "2", "1", "3", "4"]);
  expect(ids("")).toEqual(["1", "2", "3", "4", "5"]);
});
