//! The campaign files to begin with: each holds in each language, alone and together, without a finding.

#![expect(clippy::panic, reason = "a test that can't set up its case must stop")]

#[path = "order/mod.rs"]
mod order;

use std::collections::BTreeSet;

use campaign::{Approval, StoreNames, approve, renamed, render, starters};
use model::Marketplace;

const LANGUAGES: [&str; 6] = ["de", "en", "es", "fr", "it", "ja"];
const STORES: [Marketplace; 6] =
    [Marketplace::De, Marketplace::Us, Marketplace::Es, Marketplace::Fr, Marketplace::It, Marketplace::Jp];

/// The campaign of a file that has no mistake, no error and no warning.
fn without_a_finding(source: &str) -> Approval {
    match approve(source, &[]) {
        Ok(approval) => {
            let warnings: Vec<_> = approval.warnings.iter().map(ToString::to_string).collect();
            assert!(warnings.is_empty(), "{warnings:#?}");
            approval
        }
        Err(held) => panic!("{held:#?}\n{source}"),
    }
}

#[test]
fn every_starter_passes_the_linter_in_every_language_without_a_finding() {
    for starter in starters() {
        let whole = without_a_finding(&starter.file(None, &[]));
        let told: BTreeSet<_> = starter.languages().into_iter().collect();
        if whole.campaign.templates.languages().is_empty() {
            assert!(told.is_empty() && starter.id == "amazon-request-a-review");
            continue;
        }
        assert_eq!(told, LANGUAGES.into_iter().collect(), "{}", starter.id);
        for language in LANGUAGES {
            let one = without_a_finding(&starter.file(None, &[language]));
            assert_eq!(one.campaign.templates.languages(), [language]);
        }
        without_a_finding(&starter.file(None, &["ja", "de"]));
    }
}

#[test]
fn every_starter_is_a_good_letter_in_every_language_whether_or_not_the_product_is_known() {
    for starter in starters() {
        let Approval { campaign, .. } = without_a_finding(&starter.file(None, &[]));
        for (language, store) in LANGUAGES.into_iter().zip(STORES) {
            for product in [Some("Kettle, steel"), None] {
                let mut order = order::order();
                order.store = store;
                order.items.iter_mut().for_each(|item| item.product_name = product.map(str::to_owned));
                if starter.languages().is_empty() {
                    continue;
                }
                let letter = render(&campaign, &order, &StoreNames { store_name: "Blue Widgets" }).unwrap();
                assert_eq!(letter.language, language);
                assert_eq!(letter.errors(order.order_id, &[]).unwrap(), [], "{} {language}", starter.id);
            }
        }
    }
}

#[test]
fn a_name_of_ones_own_is_written_so_that_the_file_still_reads() {
    for starter in starters() {
        for name in ["Über uns", "a \"b\" \\ c", "]] = '''"] {
            let approval = without_a_finding(&starter.file(Some(name), &[]));
            assert_eq!(approval.campaign.name, name);
        }
    }
}

#[test]
fn each_starter_says_in_a_sentence_what_it_does() {
    for starter in starters() {
        assert!(starter.summary().len() > 20 && starter.summary().ends_with('.'), "{}", starter.id);
    }
}

#[test]
fn a_renamed_file_differs_in_its_name_alone() {
    let file = "# name = 1\n  name = 'Über \"uns\"' # so\nchannel = \"email\"\n[template.en]\nname = 2\n";
    let other = file.replace("'Über \"uns\"'", "\"Änders\"");
    assert_eq!(renamed(file, "Änders").unwrap(), other);
    assert_eq!((renamed("channel = 1", "x"), renamed("name = ", "x")), (None, None));
}
