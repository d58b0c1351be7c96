//! STARTTLS, with a client that trusts the self-signed certificate.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use intake::server::{Certificate, Tls};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::house::{Client, House, MAIL, RAW, settings};

async fn secured(
    house: &House,
    mut client: Client<TcpStream>,
    starttls: &[u8],
) -> std::io::Result<Client<TlsStream<TcpStream>>> {
    client.write(starttls).await;
    client.expect("220 2.0.0").await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(house.certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, client.stream.into_inner()).await?;
    Ok(Client { stream: BufReader::new(stream) })
}

#[tokio::test]
async fn mail_comes_in_under_tls() {
    let house = House::open().await;
    let mut client = house.client().await;
    client.cmd("EHLO client", "250").await;
    let mut client = secured(&house, client, b"STARTTLS\r\n").await.unwrap();
    client.cmd("MAIL FROM:<a@b>", "503").await;
    client.send("a", MAIL, "250 2.6.0").await;
    client.cmd("QUIT", "221").await;
    client.ended().await;
    assert_eq!(house.recorder.raws(), [RAW]);
}

#[tokio::test]
async fn what_was_injected_behind_starttls_is_never_taken_for_a_command() {
    let house = House::open().await;
    let mut client = house.client().await;
    client.address("a").await;
    let injected =
        b"STARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@example.net>\r\nRCPT TO:<a@localhost>\r\nDATA\r\nevil\r\n.\r\n";
    let mut client = secured(&house, client, injected).await.expect("the injected text reached the handshake");
    client.cmd("DATA", "503").await;
    client.send("b", MAIL, "250").await;
    assert_eq!(house.recorder.raws(), [RAW]);
}

#[tokio::test]
async fn a_peer_that_fails_its_handshake_is_dropped_in_time() {
    let mut settings = settings();
    settings.timing.handshake = Duration::from_millis(200);
    let house = House::with(settings).await;
    for junk in [b"this is no handshake at all\r\n".as_slice(), b""] {
        let mut client = house.client().await;
        client.cmd("STARTTLS", "220").await;
        client.write(junk).await;
        let mut rest = Vec::new();
        let end = tokio::io::AsyncReadExt::read_to_end(&mut client.stream, &mut rest);
        let _ = tokio::time::timeout(Duration::from_secs(10), end).await.expect("it was never dropped");
    }
}

#[test]
fn a_self_signed_certificate_is_made_once_and_its_key_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("tls");
    let made = Tls::open(&Certificate::SelfSigned(folder.clone()), "localhost").unwrap();
    let kept = Tls::open(&Certificate::SelfSigned(folder.clone()), "localhost").unwrap();
    assert_eq!(made.certificate(), kept.certificate());
    let mode = |path: std::path::PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder.join("key.pem")), 0o600);
    assert_eq!(mode(folder.clone()), 0o700);
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    Tls::open(&Certificate::Files { certificate: certificate.clone(), key: key.clone() }, "x").unwrap();
    let swapped = Tls::open(&Certificate::Files { certificate: key, key: certificate }, "x").unwrap_err().to_string();
    assert!(swapped.contains("key.pem holds no usable certificate"), "{swapped}");
}

/// Another TLS library than the server's own.
#[tokio::test]
async fn openssl_delivers() {
    let house = House::open().await;
    let mut command = tokio::process::Command::new("openssl");
    command.args(["s_client", "-starttls", "smtp", "-quiet", "-crlf", "-connect", &house.address.to_string()]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = match command.spawn() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: openssl is not installed (apt install openssl)");
            return;
        }
        child => child.unwrap(),
    };
    let dialogue = "EHLO x\nMAIL FROM:<a@b>\nRCPT TO:<a@localhost>\nDATA\nhello\n.\nQUIT\n";
    child.stdin.as_mut().unwrap().write_all(dialogue.as_bytes()).await.unwrap();
    let output = tokio::time::timeout(Duration::from_secs(20), child.wait_with_output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("250 2.6.0") && said.contains("221 2.0.0"), "{said}");
    assert_eq!(house.recorder.raws(), [b"hello\r\n"]);
}
