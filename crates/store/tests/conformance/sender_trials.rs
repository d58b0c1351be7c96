//! Trying a sender out: a page asks, one worker answers, and what is set anew is asked anew.

use model::member::{Actor, Role};
use model::sender::{Security, SenderTried, SubmissionServer};
use model::{Marketplace, Span};
use store::StoreError;

use crate::stage::{NOW, member, now, sender};
use crate::{Ground, on_both};

const DE: Marketplace = Marketplace::De;

fn tried(works: bool, words: &str) -> SenderTried {
    SenderTried { at: NOW.plus(Span::seconds(3)), works, words: words.to_owned() }
}

on_both! {
    async fn a_sender_that_is_set_waits_to_be_tried_out_and_one_worker_answers(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let other_node = ground.open().await;
        assert_eq!(store.sender_trial(account.id, DE).await.unwrap(), None);
        assert!(!store.has_trial_due().await.unwrap());
        assert!(matches!(store.ask_for_trial(account.id, DE, member(Role::Owner), NOW).await, Err(StoreError::NotFound(_))));
        store.set_sender(account.id, DE, sender(), member(Role::Manager), now()).await.unwrap();
        let asked = store.sender_trial(account.id, DE).await.unwrap().unwrap();
        assert_eq!((asked.asked_at, asked.tried), (NOW, None));
        assert!(other_node.has_trial_due().await.unwrap());
        let claimed = store.claim_trial().await.unwrap().unwrap();
        assert_eq!(claimed.sender, sender());
        assert!(!other_node.has_trial_due().await.unwrap());
        assert!(other_node.claim_trial().await.unwrap().is_none(), "one worker tries it");
        let said = format!("smtp.shop.example {}", "ü".repeat(2000));
        assert!(store.finish_trial(&claimed, tried(false, &said)).await.unwrap());
        let known = store.sender_trial(account.id, DE).await.unwrap().unwrap().tried.unwrap();
        assert!(!known.works && known.words.starts_with("smtp.shop.example ü") && known.words.len() <= 1000);
        assert!(!store.has_trial_due().await.unwrap());
        let sealed = if ground.is_postgres() { "position('shop'::bytea in words_sealed) > 0" } else { "instr(words_sealed, CAST('shop' AS BLOB)) > 0" };
        assert_eq!(ground.number(&format!("SELECT COUNT(*) FROM sender_trial WHERE {sealed}")), 0);
    }

    async fn a_question_is_asked_again_only_after_a_pause_and_by_whom_may(ground: Ground) {
        let (store, account) = ground.with_account().await;
        store.set_sender(account.id, DE, sender(), Actor::Operator, now()).await.unwrap();
        let ask = |seconds, role| store.ask_for_trial(account.id, DE, member(role), NOW.plus(Span::seconds(seconds)));
        assert!(!ask(60, Role::Owner).await.unwrap(), "one is open");
        let claimed = store.claim_trial().await.unwrap().unwrap();
        assert!(store.finish_trial(&claimed, tried(true, "fine")).await.unwrap());
        assert!(!ask(9, Role::Manager).await.unwrap(), "too soon");
        for role in [Role::Agent, Role::Viewer] {
            assert!(matches!(ask(60, role).await, Err(StoreError::NotAllowed(_))));
        }
        assert!(ask(60, Role::Manager).await.unwrap());
        assert_eq!(store.sender_trial(account.id, DE).await.unwrap().unwrap().tried, None, "the old answer is no answer");
    }

    async fn an_answer_about_a_sender_that_was_set_anew_or_removed_is_not_kept(ground: Ground) {
        let (store, account) = ground.with_account().await;
        store.set_sender(account.id, DE, sender(), Actor::Operator, now()).await.unwrap();
        let old = store.claim_trial().await.unwrap().unwrap();
        store.set_sender(account.id, DE, sender(), Actor::Operator, now()).await.unwrap();
        assert!(!store.finish_trial(&old, tried(true, "fine")).await.unwrap());
        assert_eq!(store.sender_trial(account.id, DE).await.unwrap().unwrap().tried, None);
        let new = store.claim_trial().await.unwrap().unwrap();
        store.remove_sender(account.id, DE, Actor::Operator, now()).await.unwrap();
        assert!(!store.finish_trial(&new, tried(true, "fine")).await.unwrap());
        assert_eq!(store.sender_trial(account.id, DE).await.unwrap(), None);
    }

    async fn what_a_member_named_stays_bound_to_public_addresses(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let server = SubmissionServer::new("smtp.shop.example", 465, Security::Tls).unwrap().only_public().unwrap();
        let of_member = model::sender::Sender { server: server.clone(), ..sender() };
        store.set_sender(account.id, DE, of_member.clone(), member(Role::Owner), now()).await.unwrap();
        assert!(store.sender(account.id, DE).await.unwrap().unwrap().server.is_only_public());
        assert!(store.claim_trial().await.unwrap().unwrap().sender.server.is_only_public());
        let folder = model::mail_folder::MailFolder { server, ..crate::mail_folders::folder() };
        store.set_mail_folder(account.id, None, folder, member(Role::Owner), now()).await.unwrap();
        assert!(store.mail_folder(account.id, None).await.unwrap().unwrap().0.server.is_only_public());
        assert!(store.claim_mail_folder().await.unwrap().unwrap().folder.server.is_only_public());
        store.set_sender(account.id, DE, sender(), Actor::Operator, now()).await.unwrap();
        assert!(!store.sender(account.id, DE).await.unwrap().unwrap().server.is_only_public());
    }

    async fn no_member_names_a_file_of_this_machine(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let proof = model::mail_folder::FolderProof::TokenFile("/etc/shadow".into());
        let folder = model::mail_folder::MailFolder { proof, ..crate::mail_folders::folder() };
        let refused = store.set_mail_folder(account.id, None, folder.clone(), member(Role::Owner), now()).await;
        assert!(matches!(refused, Err(StoreError::NotAllowed(_))));
        store.set_mail_folder(account.id, None, folder, Actor::Operator, now()).await.unwrap();
    }

    async fn a_store_that_is_added_captures_and_has_addresses_of_its_own(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let before = store.addresses(account.id).await.unwrap().len();
        for role in [Role::Agent, Role::Viewer] {
            let refused = store.add_store(account.id, Marketplace::Jp, member(role), NOW).await;
            assert!(matches!(refused, Err(StoreError::NotAllowed(_))));
        }
        store.add_store(account.id, Marketplace::Jp, member(Role::Manager), NOW).await.unwrap();
        let known = store.account(&account.handle).await.unwrap();
        let new = known.sellers.iter().find(|seller| seller.store == Marketplace::Jp).unwrap();
        assert_eq!(new.delivery, model::Delivery::Capture);
        let addresses = store.addresses(account.id).await.unwrap();
        assert_eq!(addresses.len(), before + 2);
        assert_eq!(addresses.iter().filter(|address| address.store == Some(Marketplace::Jp)).count(), 2);
        let again = store.add_store(account.id, Marketplace::Jp, member(Role::Manager), NOW).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))));
        assert_eq!(store.addresses(account.id).await.unwrap().len(), before + 2);
        let said = store.ledger_page(account.id, None, 1).await.unwrap().rows[0].payload.clone().unwrap();
        assert!(said.contains("\"store\":\"added\"") && said.contains("JP"), "{said}");
    }
}
