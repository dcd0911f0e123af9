//! Mail: what is written, and what comes of answers.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use channels::{Attachment, Limits, Message, Recipient, SendError, Text};

use crate::smtp_sink::{Behaviour, SmtpSink};
use crate::{KEY, NOW, channel_within, mail, message};

fn yaml(sink: &SmtpSink, more: &str) -> String {
    format!(
        "mail: {{host: 127.0.0.1, port: {}, security: plain, from: '见微 <alerts@jianwei.example>', \
         bounces_to: bounces@jianwei.example{more}}}",
        sink.address.port()
    )
}

fn send(
    sink: &SmtpSink,
    more: &str,
    whole: Duration,
    message: &Message,
) -> Result<channels::Sent, SendError> {
    let limits = Limits { whole, connect: whole.min(Limits::default().connect) };
    channel_within(&yaml(sink, more), limits).send(&mail(), message, KEY, NOW)
}

const PATIENT: Duration = Duration::from_secs(20);

/// The headers of a part, unfolded, and its body.
fn part(text: &str) -> (Vec<String>, &str) {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    (head.split("\r\n").map(str::to_owned).collect(), body)
}

fn header<'a>(headers: &'a [String], name: &str) -> &'a str {
    let found: Vec<&str> =
        headers.iter().filter_map(|header| header.strip_prefix(name)?.strip_prefix(": ")).collect();
    assert!(found.len() <= 1, "{found:?}");
    found.first().copied().unwrap_or_default()
}

/// What a reader shows of `=?utf-8?b?…?=` (RFC 2047).
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    for word in text.split(' ') {
        match word.strip_prefix("=?utf-8?b?").and_then(|rest| rest.strip_suffix("?=")) {
            Some(word) => bytes.extend(STANDARD.decode(word).unwrap()),
            None => bytes.extend(format!(" {word}").into_bytes()),
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// A quoted-printable or Base64 body (RFC 2045).
fn body(headers: &[String], body: &str) -> Vec<u8> {
    match header(headers, "Content-Transfer-Encoding") {
        "base64" => STANDARD.decode(body.replace("\r\n", "")).unwrap(),
        "quoted-printable" => {
            let body = body.replace("=\r\n", "");
            let mut bytes = Vec::new();
            let mut rest = body.as_bytes();
            while let Some((byte, after)) = rest.split_first() {
                if *byte == b'=' {
                    bytes.push(u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap());
                    rest = &after[2..];
                } else {
                    bytes.push(*byte);
                    rest = after;
                }
            }
            bytes
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_mail_with_a_file() {
    let sink = SmtpSink::new(Behaviour::Takes);
    let sent =
        send(&sink, ", reply_to: desk@jianwei.example, hello: mx.jianwei.example", PATIENT, &message())
            .unwrap();
    assert_eq!(sent.answer, "127.0.0.1 answered 250 2.0.0 queued as 4F1A");
    let got = sink.got();
    assert_eq!(
        got.commands.iter().filter(|command| *command != "QUIT").collect::<Vec<_>>(),
        [
            "EHLO mx.jianwei.example",
            "MAIL FROM:<bounces@jianwei.example>",
            "RCPT TO:<li@company-a.example>",
            "RCPT TO:<archive@jianwei.example>",
            "DATA"
        ]
    );
    let mail = &got.mails[0];
    assert!(mail.is_ascii());
    let (headers, content) = part(mail);
    assert_eq!(decoded(header(&headers, "Subject")).trim(), "甲公司：红色 / Company A: red");
    assert_eq!(decoded(header(&headers, "From")), "见微 <alerts@jianwei.example>");
    assert_eq!(decoded(header(&headers, "To")), "李主任 <li@company-a.example>");
    assert_eq!(header(&headers, "Cc"), "archive@jianwei.example");
    assert_eq!(header(&headers, "Reply-To"), "desk@jianwei.example");
    assert_eq!(header(&headers, "Message-ID"), "<2efcaec8bc286c83cc958b092be4d7df7041ed26@jianwei.example>");
    assert_eq!(sent.reference.as_deref(), Some(header(&headers, "Message-ID")));
    assert_eq!(header(&headers, "Auto-Submitted"), "auto-generated");
    assert_eq!(header(&headers, "Importance"), "high");
    assert_eq!(header(&headers, "Date"), "Sun, 01 Mar 2026 08:00:00 +0000");
    assert_eq!(header(&headers, "MIME-Version"), "1.0");
    let boundary = header(&headers, "Content-Type").split("boundary=").nth(1).unwrap().trim_matches('"');
    let parts: Vec<&str> = content.split(&format!("--{boundary}")).collect();
    assert_eq!(parts.len(), 4, "nothing, text, file, end");
    let (headers, text) = part(parts[1].trim_start());
    assert_eq!(header(&headers, "Content-Type"), "text/plain; charset=utf-8");
    assert_eq!(
        String::from_utf8(body(&headers, text)).unwrap().replace("\r\n", "\n").trim_end(),
        "甲公司：红色\n\n备付金不足\n请今日处置\n\nhttps://console.example/cases/12\n\n\
         ----------------------------------------\n\n\
         Company A: red\n\nReserves fall short.\nAct today.\n\nhttps://console.example/cases/12"
    );
    let (headers, file) = part(parts[2].trim_start());
    assert_eq!(header(&headers, "Content-Type"), "application/pdf");
    assert_eq!(body(&headers, file), message().attachments[0].bytes);
    let disposition = header(&headers, "Content-Disposition");
    assert_eq!(file_name(disposition), "监管约谈通知书（甲公司）.pdf", "{disposition}");
}

/// The name of a file by RFC 2231: `filename*0*=utf-8''…; filename*1*=…`.
fn file_name(disposition: &str) -> String {
    let pieces =
        disposition.split("; ").skip(1).map(|piece| piece.split_once('=').unwrap().1.trim_end_matches(';'));
    let text: String = pieces.collect();
    let text = text.strip_prefix("utf-8''").unwrap();
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        if *byte == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap());
            rest = &after[2..];
        } else {
            bytes.push(*byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_title_begins_no_header() {
    let sink = SmtpSink::new(Behaviour::Takes);
    let title = Text::new("红色\r\nBcc: x@evil.example\r\n\r\nbody", "");
    let message = Message { title, attachments: Vec::new(), ..message() };
    send(&sink, "", PATIENT, &message).unwrap();
    let got = sink.got();
    let (headers, _) = part(&got.mails[0]);
    assert_eq!(header(&headers, "Bcc"), "");
    assert_eq!(got.commands.iter().filter(|command| command.starts_with("RCPT")).count(), 2);
}

#[test]
fn lines_of_a_single_dot_arrive() {
    let sink = SmtpSink::new(Behaviour::Takes);
    let message = Message {
        title: Text::new("", "Dots"),
        body: Text::new("", "a\n.\n..\nb"),
        link: None,
        attachments: Vec::new(),
        ..message()
    };
    send(&sink, "", PATIENT, &message).unwrap();
    let got = sink.got();
    assert!(got.mails[0].trim_end().ends_with("Dots\r\n\r\na\r\n.\r\n..\r\nb"), "{:?}", got.mails);
}

#[test]
fn an_answer_says_whether_to_try_again() {
    use Behaviour::Answers;
    let table = [
        (Answers("", "421 4.3.2 closing"), "retry: 127.0.0.1: 421 4.3.2 closing"),
        (Answers("", "554 5.7.1 go away"), "refused: 127.0.0.1: 554 5.7.1 go away"),
        (Answers("MAIL", "450 4.7.1 greylisted"), "retry: 127.0.0.1: 450 4.7.1 greylisted"),
        (Answers("MAIL", "550 5.7.1 not you"), "refused: 127.0.0.1: 550 5.7.1 not you"),
        (Answers("RCPT", "450 4.2.1 mailbox busy"), "retry: 127.0.0.1: 450 4.2.1 mailbox busy"),
        (Answers("RCPT", "550 5.1.1 no such user"), "refused: 127.0.0.1: 550 5.1.1 no such user"),
        (Answers("DATA", "451 4.3.0 later"), "retry: 127.0.0.1: 451 4.3.0 later"),
        (Answers(".", "452 4.3.1 no room"), "retry: 127.0.0.1: 452 4.3.1 no room"),
        (Answers(".", "552 5.3.4 too big"), "refused: 127.0.0.1: 552 5.3.4 too big"),
        (Answers(".", "250 ok"), "sent"),
        (Answers("QUIT", "500 never"), "sent"),
    ];
    for (behaviour, wanted) in table {
        let sink = SmtpSink::new(behaviour);
        let said = match send(&sink, "", PATIENT, &message()) {
            Ok(_) => "sent".to_owned(),
            Err(SendError::Retry { after: None, why }) => format!("retry: {why}"),
            Err(SendError::Refused { why }) => format!("refused: {why}"),
            Err(other) => other.to_string(),
        };
        assert_eq!(said, wanted, "{behaviour:?}");
        let mails = sink.got().mails.len();
        let is_data = wanted == "sent" || matches!(behaviour, Answers(".", _));
        assert_eq!(mails, usize::from(is_data), "{behaviour:?}");
    }
}

#[test]
fn a_mail_comes_to_an_end() {
    let short = Duration::from_millis(300);
    for at in ["", "EHLO", "RCPT"] {
        let sink = SmtpSink::new(Behaviour::FallsSilent(at));
        let error = send(&sink, "", short, &message()).unwrap_err();
        assert!(matches!(error, SendError::Retry { after: None, .. }), "{at}: {error}");
        assert_eq!(sink.got().mails.len(), 0);
    }
    let sink = SmtpSink::new(Behaviour::Answers("", "HTTP/1.1 400 Bad Request"));
    let error = send(&sink, "", PATIENT, &message()).unwrap_err();
    assert!(matches!(error, SendError::Retry { .. }), "{error}");
    drop(sink.got());
}

#[test]
fn a_farewell_that_hangs_holds_nothing_up() {
    let sink = SmtpSink::new(Behaviour::FallsSilent("QUIT"));
    // Waiting for it would take all the time that there is.
    send(&sink, "", Duration::from_secs(3), &message()).unwrap();
    assert_eq!(sink.got().mails.len(), 1);
}

#[test]
fn who_logs_in_is_known_or_refused() {
    let login = ", user: alerts, password: {env: PASSWORD}";
    let sink = SmtpSink::new(Behaviour::Login("alerts", "pa55 word"));
    send(&sink, login, PATIENT, &message()).unwrap();
    assert_eq!(sink.got().mails.len(), 1);
    let sink = SmtpSink::new(Behaviour::Login("alerts", "another"));
    let error = send(&sink, login, PATIENT, &message()).unwrap_err();
    assert_eq!(error, SendError::Refused { why: "127.0.0.1: 535 5.7.8 who are you".to_owned() });
    assert!(!format!("{error:?}").contains("pa55"));
    assert_eq!(sink.got().mails.len(), 0);
    let sink = SmtpSink::new(Behaviour::Takes);
    assert!(!format!("{:?}", channel_within(&yaml(&sink, login), Limits::default())).contains("pa55"));
    drop(sink.got());
}

#[test]
fn what_no_mail_can_carry_is_not_sent() {
    let sink = SmtpSink::new(Behaviour::Takes);
    let channel = channel_within(&yaml(&sink, ""), Limits::default());
    let to =
        |to: &[&str]| Recipient::Mail { to: to.iter().map(|a| (*a).to_owned()).collect(), cc: Vec::new() };
    let file = |name: &str, media_type: &str, bytes: usize| Message {
        attachments: vec![Attachment {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            bytes: vec![0; bytes],
        }],
        ..message()
    };
    let table = [
        (to(&[]), message(), "a mail goes to 1 to 50 mailboxes"),
        (to(&["a@b.example"; 51]), message(), "a mail goes to 1 to 50 mailboxes"),
        (
            to(&["a@b.example\r\nRCPT TO:<c@d.example>"]),
            message(),
            "a@b.example RCPT TO:<c@d.example> is not an address of mail",
        ),
        (
            to(&["a@b.example"]),
            file("../a.pdf", "application/pdf", 1),
            "a file that is attached has no name, or one with a path",
        ),
        (to(&["a@b.example"]), file("a.pdf", "pdf", 1), "\"pdf\" is no media type"),
        (
            to(&["a@b.example"]),
            file("a.pdf", "application/pdf", (20 << 20) + 1),
            "20971521 bytes of files are too many for a mail",
        ),
        (to(&["a@b.example"]), Message { title: Text::default(), ..message() }, "the message has no title"),
    ];
    for (recipient, message, wanted) in table {
        let error = channel.send(&recipient, &message, KEY, NOW).unwrap_err();
        assert_eq!(error, SendError::Refused { why: wanted.to_owned() });
    }
    assert_eq!(sink.got().commands.len(), 0);
}
