//! The variables of the parcel and the links to Amazon's own pages: what they print, and that the linter lets each link
//! leave, in every store.

#[path = "order/mod.rs"]
mod order;

use campaign::{StoreNames, TemplateFault, render};
use model::Marketplace;

const STORE: StoreNames<'_> = StoreNames { store_name: "Blue Widgets" };

#[test]
fn the_parcel_s_variables_print_what_the_reports_said() {
    let campaign = order::letter(
        "{{ order_id }}",
        "{{ carrier }} {{ tracking_number }}, {{ ship_date }} ({{ ship_date_iso }}), {{ estimated_arrival }} \
         ({{ estimated_arrival_iso }})",
    );
    let mut order = order::order();
    assert!(matches!(render(&campaign, &order, &STORE), Err(TemplateFault::MissingValue { .. })));
    order.carrier = Some("Post\n{{ order_id }}".to_owned());
    order.tracking_number = Some("JJD0001".to_owned());
    // Already the 10th in UTC, still the 9th in the store's zone.
    order.estimated_arrival = Some(order::time("2026-07-10T03:00:00Z"));
    let text = render(&campaign, &order, &STORE).unwrap().text;
    assert_eq!(text, "Post {{ order_id }} JJD0001, July 3, 2026 (2026-07-03), July 9, 2026 (2026-07-09)");
}

#[test]
fn every_link_leads_to_the_order_s_own_store_and_breaks_no_rule_in_any_store() {
    for store in Marketplace::ALL.iter().copied() {
        for link in ["order_link", "review_link", "feedback_link", "contact_link"] {
            let campaign = order::letter("{{ order_id }}", &format!("Would you write a review? {{{{ {link} }}}}"));
            let mut order = order::order();
            order.store = store;
            let letter = render(&campaign, &order, &STORE).unwrap();
            let start = format!("https://www.{}/", store.facts().retail_domain);
            assert!(letter.text.contains(&start), "{}", letter.text);
            let found = letter.errors(order.order_id, &[]).unwrap();
            assert!(found.is_empty(), "{store:?} {link}: {found:#?}");
        }
    }
}

#[test]
fn what_is_no_product_number_makes_no_link() {
    let campaign = order::letter("{{ order_id }}", "{{ review_link | default(\"none\") }}");
    for asin in ["B00/../x", "b0test0001", "B0TEST0001&x", ""] {
        let mut order = order::order();
        order.items.iter_mut().for_each(|item| item.asin = Some(asin.to_owned()));
        assert_eq!(render(&campaign, &order, &STORE).unwrap().text, "none", "{asin}");
    }
}
