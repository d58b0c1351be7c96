//! A few readings in full, as a person would tell them.

use std::fmt::Write as _;

use crate::letter::{ALIAS, Letter, OPT_OUTS, ORDER};

/// Every reading of a mail, a line each, with all that the contract names.
fn told(raw: &[u8]) -> String {
    let mut out = String::new();
    for reading in notice::read(raw).readings {
        let orders: Vec<&str> = reading.order_ids.iter().map(model::OrderId::as_str).collect();
        writeln!(
            out,
            "{} {} orders={orders:?} alias={} store={} language={} forwarded={} by={} id={} date={} remarks={:?}",
            reading.part,
            reading.kind,
            reading.alias.as_ref().map_or("-", model::Alias::as_str),
            reading.marketplace.map_or("-", model::Marketplace::as_str),
            reading.language.map_or_else(|| "-".to_owned(), |code| code.to_string()),
            reading.forwarded,
            reading.matched_by,
            reading.identity.message_id.as_deref().unwrap_or("-"),
            reading.identity.date.map_or_else(|| "-".to_owned(), |day| day.to_string()),
            reading.remarks,
        )
        .unwrap();
    }
    out
}

#[test]
fn a_direct_notice() {
    insta::assert_snapshot!(told(&OPT_OUTS[0].marked().write()), @r#"0 opt_out orders=["406-7654321-1234567"] alias=abc12def34ghi56@marketplace.amazon.it store=IT language=it forwarded=none by=header id=0102-000@eu-west-1.amazonses.com date=2026-09-10 remarks=[]"#);
}

#[test]
fn a_forward_with_three_attached_mails_one_of_them_a_lookalike() {
    let lookalike = OPT_OUTS[1].marked().header("From", "auto-communication@amazon.com.evil.ru").write();
    let buyer =
        Letter::new(ALIAS, &format!("Inquiry from Amazon customer Mario (Order: {ORDER})")).plain("hello").write();
    let raw = Letter::new("a@seller.example", "Fwd")
        .plain("all of them")
        .attach(&OPT_OUTS[3].marked().write())
        .attach(&lookalike)
        .attach(&buyer)
        .write();
    insta::assert_snapshot!(told(&raw), @r#"
    1 opt_out orders=["406-7654321-1234567"] alias=abc12def34ghi56@marketplace.amazon.it store=IT language=ja forwarded=attached by=header id=0102-000@eu-west-1.amazonses.com date=2026-09-10 remarks=[]
    3 buyer_message orders=["406-7654321-1234567"] alias=abc12def34ghi56@marketplace.amazon.it store=IT language=en forwarded=attached by=wording id=0102-000@eu-west-1.amazonses.com date=2026-09-10 remarks=[]
    "#);
}

#[test]
fn an_ordinary_mail() {
    let raw = Letter::new("friend@example.org", "lunch").plain("at one?").write();
    insta::assert_snapshot!(told(&raw), @"0 not_amazon orders=[] alias=- store=- language=- forwarded=none by=none id=- date=- remarks=[]");
}
