//! Connections are encrypted, and to the right server only.

use std::io::BufReader;
use std::net::TcpStream;
use std::sync::Arc;

use channels::{Recipient, SendError};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::http_sink::{Reply, Sink};
use crate::smtp_sink::{Behaviour, SmtpSink, converse};
use crate::{KEY, NOW, channel, mail, message};

/// Signed the certificate of [`encrypted`].
const AUTHORITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/authority.pem");

/// A connection of a server that shows its certificate for 127.0.0.1.
fn encrypted(stream: TcpStream) -> BufReader<StreamOwned<ServerConnection, TcpStream>> {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("../fixtures/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../fixtures/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    BufReader::new(StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream))
}

fn refusal(error: SendError) -> String {
    match error {
        // A certificate is renewed some day.
        SendError::Retry { why, .. } => why,
        SendError::Refused { why } => panic!("{why}"),
    }
}

#[test]
fn https_goes_to_whom_the_authority_knows() {
    let sink = || Sink::serving(|stream| crate::http_sink::serve(&mut encrypted(stream), &Reply::ok("{}")));
    let send = |sink: &Sink, more: &str| {
        let port = sink.address.port();
        channel(&format!("webhook: {{url: 'https://127.0.0.1:{port}/x', secret: {{env: WHSEC}}{more}}}"))
            .send(&Recipient::Endpoint, &message(), KEY, NOW)
    };
    let trusted = sink();
    send(&trusted, &format!(", authorities: '{AUTHORITY}'")).unwrap();
    assert_eq!(trusted.request().line, "POST /x");
    let unknown = sink();
    let why = refusal(send(&unknown, "").unwrap_err());
    assert!(why.contains("certificate"), "{why}");
    assert_eq!(unknown.requests().len(), 0);
    // A server that does not encrypt is not talked to.
    let plain = Sink::new(Reply::ok("{}"));
    refusal(send(&plain, "").unwrap_err());
    assert_eq!(plain.requests().len(), 0);
}

#[test]
fn mail_goes_to_whom_the_authority_knows() {
    let wrapped =
        || SmtpSink::serving(|stream, got| converse(&mut encrypted(stream), Behaviour::Takes, true, got));
    let starttls = || {
        SmtpSink::serving(|stream, got| {
            let plain = stream.try_clone().unwrap();
            converse(&mut BufReader::new(plain), Behaviour::Takes, true, got);
            converse(&mut encrypted(stream), Behaviour::Takes, false, got);
        })
    };
    let send = |sink: &SmtpSink, security: &str, more: &str| {
        let port = sink.address.port();
        channel(&format!(
            "mail: {{host: 127.0.0.1, port: {port}, security: {security}, from: a@jianwei.example{more}}}"
        ))
        .send(&mail(), &message(), KEY, NOW)
    };
    let ours = format!(", authorities: '{AUTHORITY}'");
    for (security, sink) in [("tls", wrapped()), ("starttls", starttls())] {
        send(&sink, security, &ours).unwrap();
        assert_eq!(sink.got().mails.len(), 1, "{security}");
    }
    for (security, sink) in [("tls", wrapped()), ("starttls", starttls())] {
        let why = refusal(send(&sink, security, "").unwrap_err());
        assert!(why.contains("certificate"), "{why}");
        let got = sink.got();
        assert_eq!(got.mails.len(), 0, "{security}");
        assert!(!got.commands.iter().any(|command| command.starts_with("MAIL")), "{got:?}");
    }
}

#[test]
fn mail_is_not_sent_in_clear_where_encryption_was_asked_for() {
    // As one would who strips STARTTLS from what the server offers.
    let sink = SmtpSink::new(Behaviour::Answers("EHLO", "250 smtp.example"));
    let port = sink.address.port();
    let error = channel(&format!(
        "mail: {{host: 127.0.0.1, port: {port}, security: starttls, from: a@jianwei.example, \
         user: alerts, password: {{env: PASSWORD}}}}"
    ))
    .send(&mail(), &message(), KEY, NOW)
    .unwrap_err();
    assert!(error.to_string().contains("STARTTLS is not supported"), "{error}");
    let got = sink.got();
    assert!(
        !got.commands.iter().any(|command| command.starts_with("AUTH") || command.starts_with("MAIL")),
        "{got:?}"
    );
}
