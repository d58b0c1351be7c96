// Drives the dashboard in Debian's chromium, as a member would: welcome, overview, opt-outs, outbox, an order;
// then the same without JavaScript, and at the width of a phone in the dark. Fails on anything a page asks for
// from elsewhere, on any message in the console, and on a page that is wider than its window.
//
//   node test.mjs BASE WELCOME_LINK [FOLDER_FOR_PICTURES [STORY…]]
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { strangersRun } from "./stranger.mjs";

const [base, link, folder = "pictures", ...chosen] = process.argv.slice(2);
if (!base || !link) {
  console.error("usage: node test.mjs BASE WELCOME_LINK [FOLDER_FOR_PICTURES]");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

const email = "operator@example.com";
const password = "three random words here";
const stopped = "987-0000001-0000001";
const blocked = "browsertest1@marketplace.amazon.com";

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions",
    "--metrics-recording-only", "--no-default-browser-check", "--disable-dev-shm-usage",
  ],
});

const faults = [];

// axe-core runs in the page itself, by the browser's own door: the page's policy forbids foreign scripts, and stays on.
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

/** Everything on the page against WCAG 2.2 AA, as far as a program can tell. */
async function accessible(name, what, page) {
  await page.evaluate(axe);
  const found = await page.evaluate((tags) => window.axe.run(document, { runOnly: { type: "tag", values: tags } }), rules);
  for (const broken of found.violations) {
    const where = broken.nodes.slice(0, 3).map((node) => node.target.join(" ")).join("; ");
    faults.push(`${name}: ${what}: ${broken.id}: ${broken.help} (${where})`);
  }
}

/** A fresh browser window in which every page is watched. */
async function visitor(name, options) {
  const context = await browser.newContext({ viewport: { width: 1180, height: 800 }, ...options });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  page.on("console", (message) => {
    // A form that is shown again with its mistake bears the status 422, which the console calls an error.
    if (message.text().includes("status of 422")) return;
    if (["error", "warning"].includes(message.type())) faults.push(`${name}: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`${name}: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${base}/`)) faults.push(`${name}: asked for ${request.url()}`);
    if (/%40|@/.test(request.url())) faults.push(`${name}: personal data in the address ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 500) faults.push(`${name}: ${response.status()} at ${response.url()}`);
  });
  const shot = async (what) => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth).catch(() => 0);
    if (wide > 0) faults.push(`${name}: ${what} is ${wide} pixels wider than the window`);
    await page.screenshot({ path: `${folder}/${name}-${what}.png`, fullPage: true });
  };
  return { context, page, shot };
}

async function signIn(page) {
  await page.goto(`${base}/sign-in`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Into the first account, from wherever signing in has led. */
async function intoFirstAccount(page) {
  if (!new URL(page.url()).pathname.startsWith("/a/")) await page.locator("tbody a").first().click();
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
}

const tab = (page, name) => page.getByRole("navigation", { name: "Account" }).getByRole("link", { name });

/** Opens the pages one by one from the navigation, each with its heading. */
async function tour(page, shot) {
  const pages = [["Overview", "Overview"], ["Opt-outs", "Opt-outs"], ["Orders", "Orders"], ["Outbox", "Outbox"],
    ["Inbound", "Inbound mail"], ["Campaigns", "Campaigns"], ["Ledger", "Ledger"]];
  for (const [name, heading] of pages) {
    await tab(page, name).click();
    await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
    await shot(name.toLowerCase());
  }
  await tab(page, "Inbound").click();
  const mail = page.locator("tbody a").first();
  if (await mail.count()) {
    await mail.click();
    await page.getByRole("heading", { name: "Source" }).waitFor();
    await shot("mail");
  }
}

async function openAnOrder(page) {
  await tab(page, "Outbox").click();
  await page.getByRole("heading", { name: "Outbox", level: 1 }).waitFor();
  const order = page.locator("tbody a.id").first();
  if (await order.count()) {
    await order.click();
  } else {
    await tab(page, "Orders").click();
    await page.getByLabel("Find an order").fill(stopped);
    await page.getByRole("button", { name: "Open" }).click();
  }
  await page.getByRole("heading", { name: /^Order / }).waitFor();
}

async function addToList(page, target, said) {
  await page.getByText("Add an order or a buyer").click();
  await page.getByLabel("Order id or relay address").fill(target);
  await page.getByLabel(/^Note/).fill("browser <b>test</b>");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("status").filter({ hasText: said }).waitFor();
}

async function welcome() {
  const { context, page, shot } = await visitor("welcome", {});
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: base });
  await page.goto(link);
  await page.waitForFunction(() => location.hash === "");
  assert.equal(await page.locator("[data-code-row]").isVisible(), false, "the code went from the address into the form");
  await shot("form");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  let bytes = 0;
  page.on("response", async (response) => {
    bytes += (await response.body().catch(() => Buffer.alloc(0))).length;
  });
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForLoadState("load");
  if (!new URL(page.url()).pathname.startsWith("/a/")) await shot("accounts");
  await intoFirstAccount(page);
  await page.waitForLoadState("load");
  assert.ok(bytes < 60_000, `the first pages weigh ${bytes} bytes`);
  await page.getByRole("button", { name: "Copy" }).first().click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^[a-z0-9-]+@/, "the inbound address was copied");

  await tab(page, "Opt-outs").click();
  await addToList(page, stopped, "The order is stopped");
  await addToList(page, blocked, "The buyer is blocked");
  const rows = page.locator("#rows tbody tr");
  const all = await rows.count();
  assert.ok(all >= 2);
  await page.getByLabel("Search").pressSequentially(blocked, { delay: 5 });
  await page.waitForFunction(() => document.querySelectorAll("#rows tbody tr").length === 1);
  await page.getByLabel("Search").fill("nonsense");
  await page.getByText("Type a whole order id").waitFor();
  await shot("search-unclear");
  await page.getByLabel("Search").fill(stopped);
  await page.locator("#rows tbody tr").filter({ hasText: stopped }).waitFor();
  await shot("search");
  await page.getByText("Remove", { exact: true }).first().click();
  await page.getByLabel("Why?").first().fill("a test");
  await shot("remove");
  await page.getByRole("button", { name: "Remove" }).first().click();
  await page.getByRole("status").filter({ hasText: "removed" }).waitFor();
  await tour(page, shot);
  await openAnOrder(page);
  await shot("order");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await shot("sign-in");
  await page.goto(link);
  await page.reload();
  await page.getByLabel("Code").waitFor({ state: "attached" });
  await context.close();
}

async function withoutScripts() {
  const { context, page, shot } = await visitor("plain", { javaScriptEnabled: false });
  await signIn(page);
  await intoFirstAccount(page);
  await shot("overview");
  await tab(page, "Opt-outs").click();
  await page.getByText("Add an order or a buyer").click();
  await page.getByLabel("Order id or relay address").fill("no such thing");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("alert").filter({ hasText: "Write an order id" }).waitFor();
  await page.getByLabel("Order id or relay address").fill("987-0000002-0000002");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("status").filter({ hasText: "The order is stopped" }).waitFor();
  await page.getByLabel("Search").fill("987-0000002-0000002");
  await page.getByRole("button", { name: "Search" }).click();
  assert.equal(await page.locator("#rows tbody tr").count(), 1);
  await shot("search");
  await openAnOrder(page);
  await shot("order");
  await context.close();
}

async function aListOfAnotherTool() {
  const { context, page, shot } = await visitor("list", { javaScriptEnabled: false });
  await signIn(page);
  await intoFirstAccount(page);
  await page.goto(`${page.url().split("?")[0].replace(/\/$/, "")}/opt-outs/import`);
  await shot("upload");
  await page.getByLabel("Or paste it here").fill(
    "Name;Order;Old order;Sent\nAnna Berg;987-0000003-0000003;987-0000009-0000009;2026-08-01\nCarl Dorn;987-0000004-0000004;;\nEd Fox;none;;",
  );
  await page.getByRole("button", { name: "Look at it" }).click();
  await page.getByRole("heading", { name: "Is this right?" }).waitFor();
  assert.ok(!(await page.content()).includes("Anna Berg"), "no name is shown");
  await page.getByLabel("Order ids").selectOption({ label: "Order (2 of 3 rows)" });
  await page.getByRole("button", { name: "Look again" }).click();
  await shot("choose");
  await page.getByRole("button", { name: "Take over" }).click();
  await page.getByRole("heading", { name: "Imported" }).waitFor();
  await shot("taken");
  await context.close();
}

async function aNewCampaign() {
  const { context, page, shot } = await visitor("campaign", { javaScriptEnabled: false });
  await signIn(page);
  await intoFirstAccount(page);
  await tab(page, "Campaigns").click();
  await page.getByRole("link", { name: "New campaign" }).click();
  await shot("starters");
  await page.getByRole("link", { name: "Help with the product" }).click();
  const text = page.getByLabel("The campaign");
  await text.fill((await text.inputValue()).replace("delivered", "delivred"));
  await page.getByRole("button", { name: "Check it" }).click();
  await page.getByRole("alert").filter({ hasText: "mend what is named" }).waitFor();
  await shot("mistake");
  await text.fill((await text.inputValue()).replace("delivred", "delivered"));
  await page.getByRole("button", { name: "Check it" }).click();
  await page.getByText("No mistake, and its words break no rule.").waitFor();
  await page.getByRole("button", { name: "Keep it, switched off" }).click();
  await page.getByRole("status").filter({ hasText: "Kept, switched off" }).waitFor();
  await page.getByRole("button", { name: "Switch it on" }).click();
  await shot("switched");
  const whole = page.getByLabel("Everything about it");
  await whole.fill((await whole.inputValue()).replace("days = ", "days = 1"));
  await page.getByRole("button", { name: "Keep it as version 2" }).click();
  await page.getByRole("status").filter({ hasText: "Kept." }).waitFor();
  await page.getByRole("link", { name: "Version 2", exact: true }).click();
  assert.ok(await page.locator("pre.diff ins").count() > 0);
  await shot("version");
  await context.close();
}

async function aTextWhileItIsTyped() {
  const { context, page, shot } = await visitor("typing", {});
  await signIn(page);
  await intoFirstAccount(page);
  await tab(page, "Campaigns").click();
  await page.getByRole("link", { name: "New campaign" }).click();
  await page.getByRole("link", { name: "Ask for a review" }).click();
  const preview = page.locator("#preview");
  await preview.getByText("passed").waitFor();
  const text = page.getByLabel("The campaign");
  const whole = await text.inputValue();
  await text.fill(whole.replaceAll('text = """', 'text = """A free gift card for your review! '));
  await preview.getByText("not allowed").first().waitFor();
  await shot("broken");
  await text.fill(whole);
  await preview.getByText("passed").waitFor();
  const orders = preview.getByLabel("Show it for another order");
  if (await orders.count()) {
    const other = await orders.locator("option").last().innerText();
    await orders.selectOption(other);
    await preview.locator("article h3", { hasText: other }).waitFor();
  }
  await shot("fine");
  await context.close();
}

async function onAPhone() {
  const { context, page, shot } = await visitor("phone", {
    viewport: { width: 375, height: 740 }, colorScheme: "dark", isMobile: true, hasTouch: true,
  });
  await page.goto(`${base}/sign-in`);
  await shot("sign-in");
  await signIn(page);
  await intoFirstAccount(page);
  await tour(page, shot);
  await openAnOrder(page);
  await shot("order");
  await page.getByText("Stop this order").first().click();
  const form = page.locator("details.ask[open] form");
  const box = await form.boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 375 && box.y + box.height <= 740, "the question is in sight");
  await page.screenshot({ path: `${folder}/phone-question.png` });
  await page.keyboard.press("Escape");
  await form.waitFor({ state: "hidden" });
  await context.close();
}

/** What a path is a page of: ids, stores and versions are taken out of it. */
const pattern = (path) => path.split("/").map((part) =>
  /^[0-9a-f]{8}-/.test(part) || /^\d{3}-\d{7}-\d{7}$/.test(part) ? "ID" : /^([A-Z]{2}|all)$/.test(part) ? "STORE" : /^\d+$/.test(part) ? "N" : part,
).join("/");

/** Follows every link within the dashboard, one page of each kind, and looks at each: light, dark, and on a phone. */
/** The same page in German, on a phone and wide: accessible, as wide as its window, and nothing of ours left in English. */
async function inGerman(context, page, kind, shot) {
  const cookie = { name: "abide-language", url: base };
  await context.addCookies([{ ...cookie, value: "de" }]);
  await page.reload();
  await accessible("every, German, on a phone", kind, page);
  await shot("-phone");
  await page.setViewportSize({ width: 1180, height: 800 });
  await accessible("every, German", kind, page);
  await shot("");
  const english = await page.evaluate(() => {
    const left = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const text = walk.currentNode.data.trim();
      if (/\b(the|is|are|were|this|which|of)\b/i.test(text) && !walk.currentNode.parentElement.closest("[lang=en], pre, textarea, code, script, .said")) left.push(text);
    }
    return left;
  });
  // A campaign's name is its maker's.
  const ours = english.filter((text) => !["Help with the product"].includes(text));
  if (kind !== "/design" && ours.length) faults.push(`${kind} in German says ${JSON.stringify(ours)}`);
  await context.clearCookies({ name: cookie.name });
  await page.reload();
}

async function everyPage() {
  const { context, page, shot } = await visitor("every", { reducedMotion: "reduce" });
  await signIn(page);
  await intoFirstAccount(page);
  const account = new URL(page.url()).pathname;
  const waiting = [account, "/accounts", "/me", "/help", "/design"];
  const seen = new Map();
  while (waiting.length) {
    const path = waiting.shift();
    const kind = pattern(path).replace(account, "/a");
    if (seen.has(kind)) continue;
    seen.set(kind, path);
    await page.goto(`${base}${path}`);
    const what = kind.replace(/^\//, "").replaceAll("/", "_") || "home";
    await accessible("every", kind, page);
    await shot(what);
    await page.emulateMedia({ colorScheme: "dark" });
    await accessible("every, dark", kind, page);
    await page.setViewportSize({ width: 375, height: 740 });
    await accessible("every, dark, on a phone", kind, page);
    await shot(`${what}-phone`);
    await page.emulateMedia({ colorScheme: "light" });
    await inGerman(context, page, kind, (width) => shot(`${what}-german${width}`));
    await page.setViewportSize({ width: 1180, height: 800 });
    const links = await page.locator("a[href^='/']:not([download])").evaluateAll((all) => all.map((link) => link.pathname));
    // What is downloaded is no page.
    waiting.push(...links.filter((link) => !/\/(opt-outs\/export|text)$/.test(link)));
  }
  const kinds = [...seen.keys()].sort();
  const wanted = ["/a", "/a/opt-outs", "/a/opt-outs/ID", "/a/opt-outs/import", "/a/orders", "/a/orders/ID", "/a/messaged", "/a/outbox",
    "/a/outbox/ID", "/a/inbound", "/a/inbound/ID", "/a/review", "/a/campaigns", "/a/campaigns/new", "/a/campaigns/dry-run", "/a/campaigns/ID", "/a/ledger", "/a/members",
    "/a/numbers", "/a/settings", "/a/settings/export", "/a/settings/delete", "/a/settings/senders/STORE", "/a/settings/folders/STORE", "/a/setup", "/a/live/STORE", "/accounts", "/me", "/help", "/design"];
  assert.deepEqual(wanted.filter((kind) => !seen.has(kind)), [], `the walk has found ${kinds.join(" ")}`);
  console.log(`   ${kinds.length} kinds of page, each light, dark and on a phone`);
  await context.close();
}

/** Only where it is asked for: it begins with an empty installation, whose mail is taken at SMTP. */
async function stranger() {
  await strangersRun(await visitor("stranger", {}), { base, link, smtp: process.env.SMTP, email, password });
}

async function inTheDark() {
  const { context, page, shot } = await visitor("dark", { colorScheme: "dark" });
  await signIn(page);
  await intoFirstAccount(page);
  await shot("overview");
  await openAnOrder(page);
  await shot("order");
  await context.close();
}

try {
  const stories = { welcome, withoutScripts, aListOfAnotherTool, aNewCampaign, aTextWhileItIsTyped, onAPhone, inTheDark, everyPage };
  if (chosen.includes("stranger")) stories.stranger = stranger;
  for (const [name, story] of Object.entries(stories).filter(([name]) => !chosen.length || chosen.includes(name))) {
    await story();
    console.log(`ok ${name}`);
  }
  assert.deepEqual(faults, []);
} catch (error) {
  console.error(error);
  if (faults.length) console.error(faults);
  process.exitCode = 1;
} finally {
  await browser.close();
}
