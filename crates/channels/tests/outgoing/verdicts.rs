//! What comes of answers, good and bad.

use std::net::TcpListener;
use std::time::Duration;

use channels::{Limits, Message, Phone, Recipient, SendError, Text};

use crate::http_sink::{Reply, Sink};
use crate::*;

/// Long enough for a machine that is busy, short enough for a test.
const SHORT: Limits = Limits { connect: Duration::from_secs(3), whole: Duration::from_millis(300) };

/// What came of a sending, in a line.
fn outcome(result: Result<channels::Sent, SendError>) -> String {
    match result {
        Ok(sent) => format!("sent: {}", sent.answer),
        Err(SendError::Retry { after: Some(after), why }) => format!("retry after {after}: {why}"),
        Err(SendError::Retry { after: None, why }) => format!("retry: {why}"),
        Err(SendError::Refused { why }) => format!("refused: {why}"),
    }
}

/// Sends to a server that answers so; its address is `HOST` in what came of it.
fn answered(yaml: &str, recipient: &Recipient, reply: Reply) -> String {
    let sink = Sink::new(reply);
    let host = sink.address.to_string();
    let channel = channel(&yaml.replace("SERVER", &sink.url()));
    let outcome = outcome(channel.send(recipient, &message(), KEY, NOW)).replace(&host, "HOST");
    assert_eq!(sink.requests().len(), 1, "one call, one request");
    outcome
}

const WEBHOOK: &str = "webhook: {url: 'SERVER/x?token=1', secret: {env: WHSEC}, bearer: {env: TOKEN}}";
const NTFY: &str = "ntfy: {server: 'SERVER', token: {env: TOKEN}}";
const DINGTALK: &str = "dingtalk: {server: 'SERVER', access_token: {env: TOKEN}, secret: {env: SIGN}}";
const WECOM: &str = "wecom: {server: 'SERVER', key: {env: TOKEN}}";
const FEISHU: &str = "feishu: {server: 'SERVER', token: {env: TOKEN}, secret: {env: FEISHU_SIGN}}";
const SMS: &str = "sms: {url: 'SERVER/', body: {form: 'p={phone}&t={text}&k={secret}'}, secret: {env: TOKEN}, \
                   success: {pointer: /Code, equals: OK, passing: [LIMIT]}}";

#[test]
fn a_status_says_whether_to_try_again() {
    let table = [
        (Reply::status(200, ""), "sent: HOST answered 200"),
        (Reply::status(204, ""), "sent: HOST answered 204"),
        (Reply::status(400, "bad  \r\n thing"), "refused: HOST answered 400: bad thing"),
        (Reply::status(401, ""), "refused: HOST answered 401"),
        (Reply::status(404, ""), "refused: HOST answered 404"),
        (Reply::status(408, ""), "retry: HOST answered 408"),
        (Reply::status(410, "gone"), "refused: HOST answered 410: gone"),
        (Reply::Answer(429, &[("retry-after", "17")], vec![]), "retry after 17: HOST answered 429"),
        (
            Reply::Answer(503, &[("retry-after", "Sun, 01 Mar 2026 08:01:00 GMT")], vec![]),
            "retry after 60: HOST answered 503",
        ),
        (Reply::status(500, "<h1>oh</h1>"), "retry: HOST answered 500: <h1>oh</h1>"),
        (
            Reply::Answer(302, &[("location", "https://elsewhere.example/")], vec![]),
            "refused: HOST answered 302 (redirects are not followed)",
        ),
        (
            Reply::Answer(307, &[("location", "/elsewhere")], vec![]),
            "refused: HOST answered 307 (redirects are not followed)",
        ),
    ];
    for (reply, wanted) in table {
        assert_eq!(answered(WEBHOOK, &Recipient::Endpoint, reply), wanted);
    }
}

#[test]
fn a_code_in_the_body_counts_before_the_status() {
    let table = [
        (DINGTALK, 200, r#"{"errcode":0,"errmsg":"ok"}"#, "sent: DingTalk answered code 0 ok"),
        (
            DINGTALK,
            200,
            r#"{"errcode":310000,"errmsg":"sign not match"}"#,
            "refused: DingTalk answered code 310000: sign not match",
        ),
        (
            DINGTALK,
            200,
            r#"{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}"#,
            "retry after 600: DingTalk answered code 130101: send too fast, exceed 20 times per minute",
        ),
        (
            DINGTALK,
            200,
            r#"{"errcode":-1,"errmsg":"系统繁忙"}"#,
            "retry: DingTalk answered code -1: 系统繁忙",
        ),
        (
            DINGTALK,
            200,
            r#"{"errcode":1,"errmsg":"rate limit"}"#,
            "retry after 60: DingTalk answered code 1: rate limit",
        ),
        (
            DINGTALK,
            200,
            r#"{"status":1111,"wait":5,"punish":"deny"}"#,
            "retry: DingTalk answered in another form: HOST answered 200: {\"status\":1111,\"wait\":5,\"punish\":\"deny\"}",
        ),
        (
            WECOM,
            200,
            r#"{"errcode":93000,"errmsg":"invalid webhook url, hint: [1772]"}"#,
            "refused: WeCom answered code 93000: invalid webhook url, hint: [1772]",
        ),
        (
            WECOM,
            200,
            r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#,
            "retry after 60: WeCom answered code 45009: api freq out of limit",
        ),
        (WECOM, 502, "<html>bad gateway</html>", "retry: HOST answered 502: <html>bad gateway</html>"),
        (
            FEISHU,
            200,
            r#"{"StatusCode":0,"StatusMessage":"success"}"#,
            "sent: Feishu answered code 0 success",
        ),
        (
            FEISHU,
            200,
            r#"{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time","StatusCode":0}"#,
            "refused: Feishu answered code 19021: sign match fail or timestamp is not within one hour from current time",
        ),
        (
            FEISHU,
            400,
            r#"{"code":11232,"msg":"frequency limited"}"#,
            "retry after 60: Feishu answered code 11232: frequency limited",
        ),
        (
            FEISHU,
            400,
            r#"{"code":9499,"msg":"Bad Request"}"#,
            "refused: Feishu answered code 9499: Bad Request",
        ),
        (FEISHU, 500, r#"{"code":2200,"msg":"internal"}"#, "retry: Feishu answered code 2200: internal"),
        (FEISHU, 404, r#"{"code":0}"#, "refused: HOST answered 404: {\"code\":0}"),
    ];
    for (yaml, status, body, wanted) in table {
        assert_eq!(answered(yaml, &group(), Reply::status(status, body)), wanted);
    }
}

#[test]
fn a_gateway_is_judged_as_its_description_says() {
    let table = [
        (200, r#"{"Code":"OK"}"#, "sent: HOST answered 200: {\"Code\":\"OK\"}"),
        (200, r#"{"Code":"LIMIT"}"#, "retry: HOST answered 200: {\"Code\":\"LIMIT\"}"),
        (400, r#"{"Code":"LIMIT"}"#, "retry: HOST answered 400: {\"Code\":\"LIMIT\"}"),
        (
            200,
            r#"{"Code":"isv.MOBILE_NUMBER_ILLEGAL"}"#,
            "refused: HOST answered 200: {\"Code\":\"isv.MOBILE_NUMBER_ILLEGAL\"}",
        ),
        (503, r#"{"Code":"X"}"#, "retry: HOST answered 503: {\"Code\":\"X\"}"),
        (500, r#"{"Code":"OK"}"#, "retry: HOST answered 500: {\"Code\":\"OK\"}"),
        (200, "<html>", "retry: HOST answered 200: <html> (nothing stands at /Code)"),
        (404, "<html>", "refused: HOST answered 404: <html>"),
        // The number and the key come back and are not told.
        (
            400,
            r#"{"Code":"no +8613800138000, 13800138000, tk_s3cr3t/t0ken+1, tk_s3cr3t%2Ft0ken%2B1"}"#,
            "refused: HOST answered 400: {\"Code\":\"no …, …, …, …\"}",
        ),
    ];
    for (status, body, wanted) in table {
        assert_eq!(answered(SMS, &phone(), Reply::status(status, body)), wanted);
    }
}

#[test]
fn ntfy_is_believed_only_in_its_own_form() {
    let table = [
        (200, r#"{"id":"a1"}"#, "sent: published as a1"),
        (
            200,
            "<html>Log in to this network</html>",
            "retry: not an answer of ntfy: HOST answered 200: <html>Log in to this network</html>",
        ),
        (
            403,
            r#"{"code":40301,"http":403,"error":"forbidden duty-7f3a"}"#,
            "refused: HOST answered 403: {\"code\":40301,\"http\":403,\"error\":\"forbidden …\"}",
        ),
        (429, r#"{"code":42901}"#, "retry: HOST answered 429: {\"code\":42901}"),
    ];
    for (status, body, wanted) in table {
        assert_eq!(answered(NTFY, &topic(), Reply::status(status, body)), wanted);
    }
}

#[test]
fn garbage_and_floods_are_no_success() {
    let flood = || Reply::Answer(200, &[], vec![b' '; 1 << 20]);
    for yaml in [DINGTALK, WECOM, FEISHU] {
        let outcome = answered(yaml, &group(), flood());
        assert!(outcome.starts_with("retry: ") && outcome.contains("could not be read"), "{outcome}");
        let outcome = answered(yaml, &group(), Reply::ok("\u{0}\u{1}{{{"));
        assert!(outcome.starts_with("retry: ") && outcome.ends_with("{{{"), "{outcome}");
    }
    for (yaml, recipient) in [(NTFY, topic()), (SMS, phone())] {
        let outcome = answered(yaml, &recipient, flood());
        assert!(outcome.starts_with("retry: "), "{outcome}");
    }
    // A webhook was taken when its status says so.
    let outcome = answered(WEBHOOK, &Recipient::Endpoint, flood());
    assert!(outcome.starts_with("sent: HOST answered 200, and the rest could not be read"), "{outcome}");
    let outcome = answered(WEBHOOK, &Recipient::Endpoint, Reply::Raw(b"220 smtp.example ESMTP\r\n"));
    assert!(outcome.starts_with("retry: no answer from HOST: "), "{outcome}");
    let outcome = answered(WEBHOOK, &Recipient::Endpoint, Reply::Raw(b""));
    assert!(outcome.starts_with("retry: no answer from HOST: "), "{outcome}");
}

#[test]
fn a_call_comes_to_an_end() {
    let sink = Sink::new(Reply::Nothing);
    let channel = channel_within(&WEBHOOK.replace("SERVER", &sink.url()), SHORT);
    let outcome_of = |channel: &Channel| outcome(channel.send(&Recipient::Endpoint, &message(), KEY, NOW));
    let said = outcome_of(&channel);
    assert!(said.starts_with("retry: no answer from 127.0.0.1:") && said.contains("timeout"), "{said}");
    drop(sink.requests());
    // A byte now and then does not hold it up.
    let sink = Sink::new(Reply::Dripping);
    let channel = channel_within(&WECOM.replace("SERVER", &sink.url()), SHORT);
    let said = outcome(channel.send(&group(), &message(), KEY, NOW));
    assert!(said.starts_with("retry: ") && said.contains("timeout"), "{said}");
    drop(sink.requests());
    // Nobody listens.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let channel = channel_within(&WEBHOOK.replace("SERVER", &format!("http://{address}")), SHORT);
    let said = outcome_of(&channel);
    assert!(said.starts_with("retry: no answer from 127.0.0.1:"), "{said}");
}

#[test]
fn what_a_channel_cannot_carry_is_not_sent() {
    let sink = Sink::new(Reply::ok("{}"));
    let open = |yaml: &str| channel(&yaml.replace("SERVER", &sink.url()));
    let untitled = Message { title: Text::default(), ..message() };
    let unlinked = Message { link: Some("javascript:alert(1)".to_owned()), ..message() };
    let long_key = "k".repeat(129);
    let abroad = Recipient::Phone(Phone::parse("+14155552671").unwrap());
    let mobiles = "sms: {url: 'SERVER/', body: {form: 'p={mobile}&t={text}'}}";
    let table: [(&str, Recipient, Message, &str, &str); 13] = [
        (NTFY, phone(), message(), KEY, "push is sent to a topic, not to a phone"),
        (SMS, topic(), message(), KEY, "a text message is sent to a phone, not to a topic"),
        (WECOM, mail(), message(), KEY, "a bot writes to its group, not to addresses of mail"),
        (WEBHOOK, group(), message(), KEY, "a webhook is sent to its own endpoint, not to a group"),
        (
            NTFY,
            Recipient::Topic("a b".to_owned()),
            message(),
            KEY,
            "a topic has 1 to 64 letters, digits, hyphens and underscores",
        ),
        (NTFY, topic(), untitled.clone(), KEY, "the message has no title"),
        (FEISHU, group(), untitled.clone(), KEY, "the message has no title"),
        (SMS, phone(), untitled, KEY, "the message has no title"),
        (
            DINGTALK,
            group(),
            unlinked,
            KEY,
            "the link of the message is not one such as https://console.example/case/1",
        ),
        (mobiles, abroad, message(), KEY, "body: this gateway reaches Chinese mobiles only"),
        (
            WEBHOOK,
            Recipient::Endpoint,
            message(),
            "",
            "the idempotency key is not 1 to 128 visible ASCII characters without a full stop",
        ),
        (
            WEBHOOK,
            Recipient::Endpoint,
            message(),
            "a.b",
            "the idempotency key is not 1 to 128 visible ASCII characters without a full stop",
        ),
        (
            WEBHOOK,
            Recipient::Endpoint,
            message(),
            &long_key,
            "the idempotency key is not 1 to 128 visible ASCII characters without a full stop",
        ),
    ];
    for (yaml, recipient, message, key, wanted) in table {
        let outcome = outcome(open(yaml).send(&recipient, &message, key, NOW));
        assert_eq!(outcome, format!("refused: {wanted}"));
    }
    assert_eq!(sink.requests().len(), 0);
}

#[test]
fn secrets_are_shown_nowhere() {
    let recipients = [
        (NTFY, topic()),
        (SMS, phone()),
        (DINGTALK, Recipient::Group { mobiles: vec![PHONE.parse_phone()] }),
        (WECOM, group()),
        (FEISHU, group()),
        (WEBHOOK, Recipient::Endpoint),
    ];
    // A provider that sends back all it was sent, and more.
    let mut echo: String = SECRETS.iter().map(|(_, secret)| format!("{secret} ")).collect();
    echo.push_str("tk_s3cr3t%2Ft0ken%2B1 duty-7f3a +8613800138000 13800138000");
    let body =
        serde_json::json!({"errcode": 1, "errmsg": echo, "code": 1, "msg": echo, "Code": echo}).to_string();
    for (yaml, recipient) in recipients {
        let sink = Sink::new(Reply::status(400, &body));
        let channel = channel(&yaml.replace("SERVER", &sink.url()));
        let result = channel.send(&recipient, &message(), KEY, NOW);
        let request = sink.request();
        let shown = format!("{channel:?} {result:?} {} {recipient:?}", result.as_ref().unwrap_err());
        // Those of other channels are not this one's to know.
        for (name, secret) in SECRETS {
            let is_ours = yaml.contains(&format!("env: {name}}}"));
            assert!(!is_ours || !shown.contains(secret), "{name}: {shown}");
        }
        let sent = request.text();
        for text in ["tk_s3cr3t", "duty-7f3a", "13800138000"] {
            assert!(!sent.contains(text) || !shown.contains(text), "{yaml}: {shown}");
        }
    }
}
