//! Signing in: each way, each refusal with its own word, and no secret before TLS stands or in any error.

use intake::imap::try_out;
use mailserver::{Dovecot, PASSWORD};
use model::mail_folder::{FolderProof, FolderTrouble, MailFolder};
use model::sender::{Secret, Security, SubmissionServer};

use crate::house::{House, folder, notice, quick, roots};

fn at(dovecot: &Dovecot, host: &str, port: u16, security: Security) -> MailFolder {
    MailFolder { server: SubmissionServer::new(host, port, security).unwrap(), ..folder(dovecot) }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_tls_by_starttls_and_on_this_machine_without() {
    let Some(dovecot) = Dovecot::imap("") else { return };
    let roots = roots(&dovecot);
    dovecot.deliver("INBOX", &notice(1)).unwrap();
    dovecot.make("Amazon").unwrap();
    for (host, port, security) in [
        ("127.0.0.1", dovecot.tls_port(), Security::Tls),
        ("localhost", dovecot.plain_port(), Security::StartTls),
        ("127.0.0.1", dovecot.plain_port(), Security::None),
    ] {
        let tried = try_out(&at(&dovecot, host, port, security), &roots, &quick()).await.unwrap();
        assert_eq!((tried.mails, tried.tells, tried.can_move), (1, true, None));
    }
    let moving = |to: &str| MailFolder { move_to: Some(to.parse().unwrap()), ..folder(&dovecot) };
    assert_eq!(try_out(&moving("Amazon"), &roots, &quick()).await.unwrap().can_move, Some(true));
    assert_eq!(try_out(&moving("Nowhere"), &roots, &quick()).await.unwrap().can_move, Some(false));
    assert_eq!(dovecot.files("INBOX").0.len(), 1, "trying out marks nothing as seen by a program");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_has_its_own_word_and_shows_no_secret() {
    let Some(dovecot) = Dovecot::imap("") else { return };
    let trusted = roots(&dovecot);
    dovecot.deliver("Amazon", &notice(1)).unwrap();
    let nowhere = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let wrong = MailFolder { proof: FolderProof::Password(Secret::new("a wrong one".into())), ..folder(&dovecot) };
    let no_token = MailFolder { proof: FolderProof::TokenFile("/nonexistent/token".into()), ..folder(&dovecot) };
    let unknown = MailFolder { folder: "Amazno".parse().unwrap(), ..folder(&dovecot) };
    for (folder, trouble) in [
        (wrong, FolderTrouble::SignInRefused),
        (no_token, FolderTrouble::NoToken),
        (unknown, FolderTrouble::NoFolder),
        (at(&dovecot, "127.0.0.1", nowhere, Security::Tls), FolderTrouble::Unreachable),
        (at(&dovecot, "127.0.0.1", dovecot.plain_port(), Security::Tls), FolderTrouble::NotSecure),
    ] {
        let (fault, folders) = try_out(&folder, &trusted, &quick()).await.unwrap_err();
        assert_eq!(fault.trouble, trouble);
        let shown = format!("{fault} {fault:?} {:?}", fault.said);
        assert!(!shown.contains(PASSWORD) && !shown.contains("a wrong one"), "{shown}");
        assert_eq!(folders.contains(&"Amazon".to_owned()), trouble == FolderTrouble::NoFolder, "{folders:?}");
    }
    let (fault, _) =
        try_out(&folder(&dovecot), &connection::TrustedRoots::public().unwrap(), &quick()).await.unwrap_err();
    assert_eq!(fault.trouble, FolderTrouble::NotSecure);
    assert!(fault.to_string().contains("certificate"), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_sign_in_is_told_and_mended_by_a_new_password() {
    let Some(dovecot) = Dovecot::imap("") else { return };
    let house = House::new().await;
    dovecot.deliver("INBOX", &notice(1)).unwrap();
    house.set(MailFolder { proof: FolderProof::Password(Secret::new("wrong".into())), ..folder(&dovecot) }).await;
    let watching = house.watch(roots(&dovecot));
    house.wait_for_trouble(FolderTrouble::SignInRefused).await;
    house.set(folder(&dovecot)).await;
    house.wait_for_suppressed(1).await;
    house.wait_until_read_once().await;
    assert_eq!(house.status().await.trouble, None);
    watching.stop().await;
}
