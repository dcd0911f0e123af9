//! What goes over the wire, held against the providers' documentation, and what comes of their
//! answers. Servers of our own on loopback addresses.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may panic")]

mod configurations;
mod encryption;
mod http_sink;
mod mail;
mod requests;
mod smtp_sink;
mod verdicts;

use channels::{Attachment, Channel, ChannelConfig, Limits, Message, Priority, Recipient, Text};
use model::time::Time;

/// 1 March 2026, 16:00 in Shanghai.
const NOW: Time = Time(1_772_352_000_000_000);
const KEY: &str = "case-12:notice-3";
const PHONE: &str = "+8613800138000";

/// Secrets of every channel; none may be seen anywhere.
const SECRETS: [(&str, &str); 7] = [
    ("TOKEN", "tk_s3cr3t/t0ken+1"),
    ("SIGN", "SEC3e4f5a6b7c8d9e0f"),
    ("FEISHU_SIGN", "kq0Rr5v8aPzWn2Lx"),
    ("WHSEC", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ("WHSEC_BEFORE", "whsec_c2VjcmV0LW9mLWEtcm90YXRlZC1lbmRwb2ludA=="),
    ("PASSWORD", "pa55 word"),
    ("ACCESS_KEY", "YourAccessKeySecret"),
];

fn env(name: &str) -> Option<String> {
    SECRETS.iter().find(|(known, _)| *known == name).map(|(_, secret)| (*secret).to_owned())
}

/// A channel of a configuration in YAML.
fn channel(yaml: &str) -> Channel {
    channel_within(yaml, Limits::default())
}

fn channel_within(yaml: &str, limits: Limits) -> Channel {
    let config: ChannelConfig = serde_saphyr::from_str(yaml).unwrap();
    config.open_within(limits, &env).unwrap()
}

fn message() -> Message {
    Message {
        title: Text::new("甲公司：红色", "Company A: red"),
        body: Text::new("备付金不足\n请今日处置", "Reserves fall short.\nAct today."),
        priority: Priority::Urgent,
        link: Some("https://console.example/cases/12".to_owned()),
        tags: vec!["rotating_light".to_owned()],
        attachments: vec![Attachment {
            name: "监管约谈通知书（甲公司）.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            bytes: (0u8..=255).cycle().take(5000).collect(),
        }],
        payload: Some(serde_json::json!({"type": "notice", "data": {"case": "12", "amount_fen": "100"}})),
    }
}

fn topic() -> Recipient {
    Recipient::Topic("duty-7f3a".to_owned())
}

fn phone() -> Recipient {
    Recipient::Phone(PHONE.parse_phone())
}

fn group() -> Recipient {
    Recipient::Group { mobiles: Vec::new() }
}

fn mail() -> Recipient {
    Recipient::Mail {
        to: vec!["李主任 <li@company-a.example>".to_owned()],
        cc: vec!["archive@jianwei.example".to_owned()],
    }
}

trait ParsePhone {
    fn parse_phone(&self) -> channels::Phone;
}

impl ParsePhone for str {
    fn parse_phone(&self) -> channels::Phone {
        channels::Phone::parse(self).unwrap()
    }
}
