//! The files that go with campaigns: kept once by content, named by each version for itself, owned by the permit, told
//! with the message.

use model::member::Actor;
use model::{Attachment, Channel, Clock};
use policy::{RenderedText, Sendable};
use store::{NewCampaign, Store, StoreError};

use crate::stage::{Stage, alias, approved, now, permitted};
use crate::{Ground, on_both};

fn pdf(name: &str, rest: &str) -> Attachment {
    Attachment::new(name.parse().unwrap(), format!("%PDF-1.7 {rest}").into_bytes()).unwrap()
}

fn new(text: &str, attachments: Vec<Attachment>) -> NewCampaign {
    NewCampaign {
        name: "With files".into(),
        text: approved(text),
        withholding: vec![],
        orders_after: None,
        priority: 50,
        attachments,
    }
}

async fn add(stage: &Stage, text: &str, attachments: Vec<Attachment>) -> model::campaign::StoredCampaign {
    stage.store.add_campaign(stage.account.id, new(text, attachments), Actor::Operator, now()).await.unwrap()
}

async fn names(store: &Store, stage: &Stage) -> Vec<String> {
    let campaigns = store.campaigns(stage.account.id).await.unwrap();
    let found = campaigns.into_iter().find(|campaign| campaign.name == "With files").unwrap();
    found.attachments.iter().map(|file| file.name.to_string()).collect()
}

on_both! {
    async fn each_version_keeps_the_files_it_came_with(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let first = add(&stage, "a", vec![pdf("b.pdf", "one"), pdf("a.pdf", "one")]).await;
        assert_eq!(names(&stage.store, &stage).await, ["a.pdf", "b.pdf"]);
        let again = add(&stage, "a", vec![pdf("a.pdf", "one"), pdf("b.pdf", "one")]).await;
        assert_eq!(again.version, first.version, "the same again is no new version");
        let second = add(&stage, "a", vec![pdf("a.pdf", "one"), pdf("b.pdf", "two")]).await;
        assert_eq!(second.version, first.version + 1, "another content is");
        let contents = |version| stage.store.campaign_attachments(stage.account.id, first.id, version);
        let of = |found: Vec<Attachment>| found.iter().map(|one| String::from_utf8(one.content().to_vec()).unwrap()).collect::<Vec<_>>();
        assert_eq!(of(contents(1).await.unwrap()), ["%PDF-1.7 one", "%PDF-1.7 one"]);
        assert_eq!(of(contents(2).await.unwrap()), ["%PDF-1.7 one", "%PDF-1.7 two"]);
        let third = add(&stage, "a", Vec::new()).await;
        assert!(third.attachments.is_empty() && contents(third.version).await.unwrap().is_empty());
        let kept = stage.store.campaign_version(stage.account.id, first.id, 2).await.unwrap().unwrap();
        assert_eq!(kept.attachments, second.attachments);
    }

    async fn another_account_reads_none_of_them(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let campaign = add(&stage, "a", vec![pdf("a.pdf", "one")]).await;
        let other = stage
            .store
            .add_account("Other".into(), "other".parse().unwrap(), vec![model::Marketplace::Us], now().real)
            .await
            .unwrap();
        assert!(stage.store.campaign_attachments(other.id, campaign.id, 1).await.unwrap().is_empty());
        assert_eq!(stage.store.campaign_attachments(stage.account.id, campaign.id, 1).await.unwrap().len(), 1);
    }

    async fn a_permit_owns_the_files_and_the_message_tells_them(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(2, 1).await;
        let text = RenderedText {
            attachments: vec![pdf("manual.pdf", "one")],
            ..RenderedText::plain("Order".into(), "111-0000000-0000002".into())
        };
        assert_eq!(claimed.channel, Channel::Email);
        let permit = permitted(stage.store.begin_attempt(claimed.clone(), Some(text.clone()), now()).await.unwrap());
        let Sendable::Email { to, text: owned } = permit.sendable() else { unreachable!() };
        assert_eq!((to, owned), (&alias(1), &text));
        let detail = stage.store.message_detail(stage.account.id, claimed.id).await.unwrap().unwrap();
        assert_eq!(detail.attachments, [("manual.pdf".to_owned(), 12)]);
    }

    async fn an_account_keeps_200_megabytes_and_one_content_once(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let large = |number: u8| {
            let mut content = b"%PDF-".to_vec();
            content.resize(10_000_000, number);
            Attachment::new(format!("{number}.pdf").parse().unwrap(), content).unwrap()
        };
        let full = add(&stage, "a", (1..=20).map(large).collect()).await;
        // The same contents under another name cost nothing.
        let renamed = Attachment::new("same.pdf".parse().unwrap(), large(1).content().to_vec()).unwrap();
        add(&stage, "b", vec![renamed]).await;
        let beyond = new("c", vec![pdf("one.pdf", "more")]);
        let refused = stage.store.add_campaign(stage.account.id, beyond, Actor::Operator, Clock::real(now().real)).await;
        assert!(matches!(&refused, Err(StoreError::Conflict(why)) if why.contains("200 MB")), "{refused:?}");
        assert_eq!(names(&stage.store, &stage).await, ["same.pdf"], "nothing of it was kept");
        assert_eq!(full.attachments.len(), 20);
    }
}
