//! The links that a letter may hold: to pages of the order's own marketplace, by https and with nothing in them that
//! follows a reader. Amazon's rules allow links to Amazon; its product pages and storefronts are left out, since they
//! pass for advertising (docs/rules.md, `link` and `shop-link`).

use model::order::Order;

/// A link by the name that templates use. The addresses are those of Amazon's own order pages as they were in 2026;
/// Amazon documents none of them.
pub(crate) fn links(order: &Order) -> Vec<(&'static str, String)> {
    let facts = order.store.facts();
    let (domain, id) = (facts.retail_domain, order.order_id);
    let mut links = vec![
        ("order_link", format!("https://www.{domain}/gp/your-account/order-details?orderID={id}")),
        ("feedback_link", format!("https://www.{domain}/hz/feedback?orderID={id}")),
        (
            "contact_link",
            format!("https://www.{domain}/gp/help/contact/contact.html?orderID={id}&marketplaceID={}", facts.id),
        ),
    ];
    if let Some(asin) = order.items.iter().find_map(|item| item.asin.as_deref()).filter(|asin| is_asin(asin)) {
        links.push(("review_link", format!("https://www.{domain}/review/review-your-purchases?asins={asin}")));
    }
    links
}

/// Ten capital letters and digits. Reports write them, and what is none would lead elsewhere.
fn is_asin(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
