import { expect, test } from "vitest";
import { answered } from "./known";
import type { Answer } from "./types";

const answer = (id: string, topic: string, title: string, more: Partial<Answer> = {}): Answer =>
  ({ id, issue: 1, version: 1, topic, areas: ["11455"], title, text: "", status: "answered", published_at: `2026-11-0${id}T00:00:00Z`, ...more });
const ALL = [
  answer("1", "10.1", "Nạo vét cống ngõ nhà văn hoá"), answer("2", "10.2", "Nước yếu khu vực 2"), answer("3", "17.1", "Giờ làm việc của bộ phận một cửa"),
  answer("4", "10.1", "Kè chắn sóng", { valid_to: "2026-11-10" }), answer("5", "09.3", "Thay đèn đường Lý Thánh Tông"),
];
const ids = (topic: string, text: string): string[] => answered(ALL, topic, text, "2026-11-22").map((a) => a.id);

test("the topic's own first, then its neighbours, none from elsewhere, none past its day", () => {
  expect(ids("10.1", "")).toEqual(["1", "2"]);
  expect(ids("10", "")).toEqual(["2", "1"]); // the newer one
  expect(ids("01.1", "")).toEqual([]);
});

test("the words lead, with or without marks", () => {
  expect(ids("10.1", "nuoc yeu qua, buoi toi khong co nuoc")[0]).toBe("2");
  expect(ids("99", "den duong ly thanh tong tat")).toEqual(["5"]);
  expect(ids("99", "đèn")).toEqual([]);
  expect(ids("10.1", "cống tắc, nước tràn vào nhà văn hoá")[0]).toBe("1");
});
