//! Many mails in one step have the effect that they have one by one, and what came from a file is known by its digest.

use model::inbound::{Door, IncomingMail, Outcome};
use model::ledger::LedgerKind;
use model::{AccountId, MatchedBy};

use store::SuppressionFilter;

use crate::stage::{Letter, Stage, order};
use crate::{Ground, on_both};

/// An archive: new notices, one of them twice, one for a buyer who has others, and a stranger's mail.
fn letters() -> Vec<Letter> {
    let file = |letter: Letter| Letter { door: Door::File, ..letter };
    vec![
        file(Letter::opt_out(2).by(1)),
        file(Letter::opt_out(4).by(2)),
        file(Letter::opt_out(2).by(1)),
        file(Letter { matched_by: MatchedBy::Structure, ..Letter::opt_out(6) }),
        file(Letter { orders: vec![order(8)], ..Letter::opt_out(8).by(1) }),
    ]
}

fn mails(stage: &Stage) -> Vec<IncomingMail> {
    letters().iter().zip(0u8..).map(|(letter, number)| digested(letter.mail(&stage.account), number)).collect()
}

fn digested(mail: IncomingMail, number: u8) -> IncomingMail {
    IncomingMail { digest: [number; 32], ..mail }
}

/// What an account's list and ledger hold, without what differs from account to account.
async fn told(stage: &Stage, account: AccountId) -> (Vec<String>, Vec<LedgerKind>) {
    let list = stage.store.suppressions(account, SuppressionFilter::All, None, 100).await.unwrap().rows;
    let list = list.iter().map(|row| format!("{:?} {:?}", row.order_id, row.state));
    let ledger = stage.store.ledger_page(account, None, 100).await.unwrap().rows;
    let of_mails = |kind: &LedgerKind| matches!(kind, LedgerKind::Notice | LedgerKind::SuppressionAdded);
    (list.collect(), ledger.iter().map(|row| row.kind).filter(of_mails).collect())
}

on_both! {
    async fn mails_in_one_step_take_effect_in_their_order(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let recorded = stage.store.record_mails(mails(&stage)).await;
        let outcomes: Vec<Outcome> = recorded.into_iter().map(|one| one.unwrap().readings[0].outcome).collect();
        let expected =
            [Outcome::Suppressed, Outcome::Suppressed, Outcome::Repeated, Outcome::Held, Outcome::Suppressed];
        assert_eq!(outcomes, expected);
        // The same one by one, for another account of the same kind.
        let other = stage.store.add_account("Other".into(), "other".parse().unwrap(), vec![], crate::stage::NOW).await.unwrap();
        let mut alone = Vec::new();
        for letter in letters() {
            alone.push(stage.store.record_mail(letter.mail(&other)).await.unwrap().readings[0].outcome);
        }
        assert_eq!(alone, expected);
        assert_eq!(told(&stage, stage.account.id).await, told(&stage, other.id).await);
        assert!(stage.store.record_mails(Vec::new()).await.is_empty());
    }

    async fn a_mail_that_can_not_be_recorded_keeps_no_other_of_its_step_from_it(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let mut batch = mails(&stage);
        // No text of PostgreSQL's holds a NUL; SQLite takes it.
        let read = batch[1].read.as_mut().unwrap();
        read.from_domain = Some("a\0b".into());
        let recorded = stage.store.record_mails(batch).await;
        let fine: Vec<bool> = recorded.iter().map(Result::is_ok).collect();
        assert!(fine[0] && fine[2..].iter().all(|fine| *fine), "{fine:?}");
        assert_eq!(recorded[0].as_ref().unwrap().readings[0].outcome, Outcome::Suppressed);
        assert_eq!(recorded[2].as_ref().unwrap().readings[0].outcome, Outcome::Repeated);
    }

    async fn a_mail_from_a_file_is_known_again_and_one_by_smtp_or_unread_is_not(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let by_smtp = digested(Letter::opt_out(10).mail(&stage.account), 100);
        let unread = IncomingMail { read: None, ..digested(letters()[0].mail(&stage.account), 101) };
        for result in stage.store.record_mails([mails(&stage), vec![by_smtp, unread]].concat()).await {
            result.unwrap();
        }
        // More than one statement looks up, in any order, some twice.
        let digests: Vec<[u8; 32]> = (0..60u16).map(|number| [u8::try_from(number * 7 % 120).unwrap(); 32]).chain([[100; 32], [101; 32]]).collect();
        let known = stage.store.known_mails(stage.account.id, digests.clone()).await.unwrap();
        assert_eq!(known.len(), digests.len());
        for (digest, known) in digests.iter().zip(&known) {
            assert_eq!(known.is_some(), digest[0] < 5, "{digest:?}");
            for reading in known.iter().flat_map(|mail| &mail.readings) {
                assert_eq!(reading.outcome, Outcome::Repeated);
                assert_eq!(reading.order_ids.len(), 1);
            }
        }
        let other = stage.store.add_account("Other".into(), "other".parse().unwrap(), vec![], crate::stage::NOW).await.unwrap();
        assert!(stage.store.known_mails(other.id, digests).await.unwrap().iter().all(Option::is_none));
    }
}
