// A stranger's run: from an empty folder to the first message that an opt-out withdraws, through the dashboard alone, with
// every click and every field counted. Amazon's part, the notice, comes by SMTP to the address that the page shows.
import assert from "node:assert/strict";
import { connect } from "node:net";

const order = "111-0000001-0000001";
const days = (n) => new Date(Date.now() + n * 86_400_000).toISOString();

/** What Seller Central would give to download: one order, delivered two days ago. */
const report = [
  "amazon-order-id\tpurchase-date\torder-status\tsales-channel\tbuyer-email\tsku\tproduct-name\tquantity-shipped\testimated-arrival-date",
  `${order}\t${days(-6)}\tShipped\tAmazon.com\tqk3v8m1x7c2p9ra@marketplace.amazon.com\tWID-1\tWidget, blue\t1\t${days(-2)}`,
].join("\n");

/** A notice as Amazon would mail it, in its own SMTP dialogue. */
function mailNotice(smtp, to) {
  const [host, port] = [smtp.slice(0, smtp.lastIndexOf(":")), Number(smtp.slice(smtp.lastIndexOf(":") + 1))];
  const mail = [
    'From: "Amazon.com" <auto-communication@amazon.com>', "To: seller@example.com", `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${order}@eu-west-1.amazonses.com>`, "Subject: Your message to a buyer could not be delivered",
    "X-Marketplace-ID: ATVPDKIKX0DER", "X-Space-Notification-Type: BUYER_OPTED_OUT_BSM_MESSAGES", "Content-Type: text/plain", "",
    `We were unable to deliver the message you sent for order [${order}] because the buyer has chosen to opt out of receiving unsolicited messages from sellers.`,
  ].join("\r\n");
  const steps = ["EHLO test", "MAIL FROM:<auto-communication@amazon.com>", `RCPT TO:<${to}>`, "DATA", `${mail}\r\n.`, "QUIT"];
  return new Promise((done, failed) => {
    const socket = connect(port, host);
    let said = "";
    socket.on("data", (bytes) => {
      said += bytes;
      for (let end; (end = said.indexOf("\r\n")) >= 0;) {
        const line = said.slice(0, end);
        said = said.slice(end + 2);
        if (line[3] === "-") continue;
        if (!/^[23]/.test(line)) return failed(new Error(`the server said: ${line}`));
        const step = steps.shift();
        if (step) socket.write(`${step}\r\n`);
        else return done(socket.end());
      }
    });
    socket.on("error", failed);
  });
}

export async function strangersRun({ context, page, shot }, { base, link, smtp, email, password }) {
  const began = Date.now();
  let clicks = 0;
  let fields = 0;
  const pages = new Set();
  page.on("load", () => pages.add(new URL(page.url()).pathname));
  const click = async (what) => { clicks += 1; await what.click(); };
  const type = async (what, text) => { fields += 1; await what.fill(text); };
  const button = (name) => page.getByRole("button", { name });

  await page.goto(link);
  await type(page.getByLabel("E-mail address"), email);
  await type(page.getByLabel("Password"), password);
  await click(button("Continue"));
  await page.getByRole("heading", { name: "No account yet" }).waitFor();
  await shot("empty");
  await type(page.getByLabel("The seller's name"), "Blue Widgets");
  await click(page.getByLabel("United States"));
  await click(button("Add it"));

  await page.getByRole("heading", { name: "Set-up", level: 1 }).waitFor();
  await shot("set-up");
  await click(page.getByText("Seller Central: name an address there"));
  const address = await page.getByRole("listitem").filter({ hasText: "opt-outs" }).locator("code").first().innerText();
  await click(page.getByRole("link", { name: "upload it here" }));
  fields += 1;
  await page.locator("input[type=file]").setInputFiles({ name: "orders.txt", mimeType: "text/plain", buffer: Buffer.from(report) });
  await click(page.locator("form[enctype] button.primary"));
  await page.getByRole("heading", { name: "Report read" }).waitFor();

  await click(page.getByRole("link", { name: "Campaigns" }));
  await click(page.getByRole("link", { name: "New campaign" }));
  await click(page.getByRole("link", { name: "Ask for a review" }));
  const text = page.getByLabel("The campaign");
  await type(text, (await text.inputValue()).replace("# orders_after = 2026-01-31", "orders_after = 2026-01-31"));
  await page.locator("#preview").getByText("would get its message").waitFor();
  await shot("campaign");
  await click(button("Keep it, switched off"));
  await shot("kept");
  await click(button("Switch it on"));
  await page.getByRole("status").filter({ hasText: "It is on" }).waitFor();

  // The worker plans by itself; the seller looks at his outbox.
  const row = page.locator("tbody tr", { hasText: order });
  await click(page.getByRole("link", { name: "Outbox" }));
  for (const until = Date.now() + 60_000; !(await row.count());) {
    assert.ok(Date.now() < until, "no message was planned");
    await page.waitForTimeout(200);
    await page.reload();
  }
  await shot("planned");
  const byHand = Date.now();
  await mailNotice(smtp, address);
  for (const until = Date.now() + 60_000; !/withdrawn/.test(await row.innerText());) {
    assert.ok(Date.now() < until, "the message was not withdrawn");
    await page.waitForTimeout(100);
    await page.reload();
  }
  const effect = Date.now() - byHand;
  await shot("withdrawn");
  assert.match(await row.innerText(), /opted out/);
  console.log(`   ${clicks} clicks, ${fields} fields, ${pages.size} pages; ${Math.round((Date.now() - began) / 1000)} s for a program; ` +
    `the notice withdrew the message within ${effect} ms`);
  assert.ok(clicks <= 14 && fields <= 6, `the way has become longer: ${clicks} clicks, ${fields} fields`);
  await context.close();
}
