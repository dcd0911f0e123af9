//! One request of each form, whole.

use channels::webhook::{WebhookHeaders, verify};
use channels::{Message, Priority, Recipient, Text};

use crate::http_sink::{Reply, Sink};
use crate::*;

#[test]
fn ntfy() {
    let sink = Sink::new(Reply::ok(r#"{"id":"hwQ2YpKdmg","time":1772352000,"event":"message"}"#));
    let channel = channel(&format!("ntfy: {{server: '{}', token: {{env: TOKEN}}}}", sink.url()));
    let sent = channel.send(&topic(), &message(), KEY, NOW).unwrap();
    assert_eq!(sent.reference.as_deref(), Some("hwQ2YpKdmg"));
    assert_eq!(
        sink.request().text(),
        "POST /\n\
         content-type: application/json\n\
         authorization: Bearer tk_s3cr3t/t0ken+1\n\
         \n\
         {\"topic\":\"duty-7f3a\",\"title\":\"甲公司：红色 / Company A: red\",\
         \"message\":\"备付金不足\\n请今日处置\\n\\nReserves fall short.\\nAct today.\",\"priority\":5,\
         \"tags\":[\"rotating_light\"],\"sequence_id\":\"2efcaec8bc286c83cc958b092be4d7df\",\
         \"click\":\"https://console.example/cases/12\"}"
    );
}

#[test]
fn dingtalk() {
    let sink = Sink::new(Reply::ok(r#"{"errcode":0,"errmsg":"ok"}"#));
    let channel = channel(&format!(
        "dingtalk: {{server: '{}', access_token: {{env: TOKEN}}, secret: {{env: SIGN}}}}",
        sink.url()
    ));
    let group = Recipient::Group { mobiles: vec![PHONE.parse_phone(), "+85261234567".parse_phone()] };
    let sent = channel.send(&group, &message(), KEY, NOW).unwrap();
    assert_eq!(sent.answer, "DingTalk answered code 0 ok");
    assert_eq!(
        sink.request().text(),
        "POST /robot/send?access_token=tk_s3cr3t%2Ft0ken%2B1&timestamp=1772352000000\
         &sign=v1qWTIEXzV3Q9Iqsvsh7WSQ6mAzHJKEmy9fyzpSrv8g%3D\n\
         content-type: application/json; charset=utf-8\n\
         \n\
         {\"msgtype\":\"markdown\",\"markdown\":{\"title\":\"甲公司：红色 / Company A: red\",\
         \"text\":\"### 甲公司：红色 / Company A: red\\n\\n备付金不足\\n\\n请今日处置\\n\\nReserves fall short.\\n\\n\
         Act today.\\n\\n\\n\\n[打开 / Open](https://console.example/cases/12)\\n\\n@13800138000 @+85261234567\"},\
         \"at\":{\"atMobiles\":[\"13800138000\",\"+85261234567\"],\"isAtAll\":false}}"
    );
}

#[test]
fn wecom() {
    let sink = Sink::new(Reply::ok(r#"{"errcode":0,"errmsg":"ok"}"#));
    let channel = channel(&format!("wecom: {{server: '{}', key: {{env: TOKEN}}}}", sink.url()));
    channel.send(&group(), &message(), KEY, NOW).unwrap();
    assert_eq!(
        sink.request().text(),
        "POST /cgi-bin/webhook/send?key=tk_s3cr3t%2Ft0ken%2B1\n\
         content-type: application/json; charset=utf-8\n\
         \n\
         {\"msgtype\":\"markdown\",\"markdown\":{\"content\":\"### 甲公司：红色 / Company A: red\\n\\n备付金不足\\n\
         请今日处置\\n\\nReserves fall short.\\nAct today.\\n\\n[打开 / Open](https://console.example/cases/12)\"}}"
    );
}

#[test]
fn feishu() {
    let sink = Sink::new(Reply::ok(
        r#"{"code":0,"data":{},"msg":"success","StatusCode":0,"StatusMessage":"success"}"#,
    ));
    let channel = channel(&format!(
        "feishu: {{server: '{}', token: {{env: TOKEN}}, secret: {{env: FEISHU_SIGN}}}}",
        sink.url()
    ));
    channel.send(&group(), &message(), KEY, NOW).unwrap();
    assert_eq!(
        sink.request().text(),
        "POST /open-apis/bot/v2/hook/tk_s3cr3t%2Ft0ken%2B1\n\
         content-type: application/json; charset=utf-8\n\
         \n\
         {\"timestamp\":\"1772352000\",\"sign\":\"39oPD2j/oiEcQ0R3P/R62dAl9PVZaxhRgUmzGrB+5pg=\",\"msg_type\":\"post\",\
         \"content\":{\"post\":{\"zh_cn\":{\"title\":\"甲公司：红色\",\"content\":[\
         [{\"tag\":\"text\",\"text\":\"备付金不足\"}],[{\"tag\":\"text\",\"text\":\"请今日处置\"}],\
         [{\"tag\":\"a\",\"text\":\"打开\",\"href\":\"https://console.example/cases/12\"}]]},\
         \"en_us\":{\"title\":\"Company A: red\",\"content\":[\
         [{\"tag\":\"text\",\"text\":\"Reserves fall short.\"}],[{\"tag\":\"text\",\"text\":\"Act today.\"}],\
         [{\"tag\":\"a\",\"text\":\"Open\",\"href\":\"https://console.example/cases/12\"}]]}}}}"
    );
}

#[test]
fn webhook_and_its_receiver() {
    let sink = Sink::new(Reply::status(202, ""));
    let channel = channel(&format!(
        "webhook: {{url: '{}/in?source=jianwei', secret: {{env: WHSEC}}, previous_secret: {{env: WHSEC_BEFORE}}, \
         bearer: {{env: TOKEN}}, headers: {{x-channel: custody}}}}",
        sink.url()
    ));
    let sent = channel.send(&Recipient::Endpoint, &message(), KEY, NOW).unwrap();
    assert!(sent.answer.ends_with(" answered 202"), "{}", sent.answer);
    let request = sink.request();
    assert_eq!(
        request.text(),
        "POST /in?source=jianwei\n\
         content-type: application/json\n\
         webhook-id: case-12:notice-3\n\
         webhook-timestamp: 1772352000\n\
         webhook-signature: v1,YqHLKvIwHDKr7HZD3mCqZShXEnzwMAsCMPuNp37DivI= v1,vXonf73j/FX6orimURJX0ffJQ9AC/ZceHfU0CvHJ2iY=\n\
         authorization: Bearer tk_s3cr3t/t0ken+1\n\
         x-channel: custody\n\
         \n\
         {\"type\":\"notice\",\"data\":{\"case\":\"12\",\"amount_fen\":\"100\"}}"
    );
    let headers = WebhookHeaders {
        id: request.header("webhook-id"),
        timestamp: request.header("webhook-timestamp"),
        signature: request.header("webhook-signature"),
    };
    for name in ["WHSEC", "WHSEC_BEFORE"] {
        verify(&env(name).unwrap(), headers, request.body.as_bytes(), NOW).unwrap();
    }
}

#[test]
fn a_webhook_without_a_payload_sends_the_text() {
    let sink = Sink::new(Reply::status(200, "thanks"));
    let channel = channel(&format!("webhook: {{url: '{}/', secret: {{env: WHSEC}}}}", sink.url()));
    let message = Message { payload: None, priority: Priority::Normal, ..message() };
    channel.send(&Recipient::Endpoint, &message, KEY, NOW).unwrap();
    assert_eq!(
        sink.request().body,
        "{\"type\":\"message\",\"timestamp\":\"2026-03-01T16:00:00+08:00\",\"data\":{\
         \"title\":{\"zh\":\"甲公司：红色\",\"en\":\"Company A: red\"},\
         \"body\":{\"zh\":\"备付金不足\\n请今日处置\",\"en\":\"Reserves fall short.\\nAct today.\"},\
         \"priority\":\"urgent\",\"link\":\"https://console.example/cases/12\",\"tags\":[\"rotating_light\"]}}"
            .replace("urgent", "normal")
    );
}

#[test]
fn sms_by_a_form() {
    let sink = Sink::new(Reply::status(201, r#"{"sid":"SM1","status":"queued"}"#));
    let channel = channel(&format!(
        "sms:\n  url: '{}/2010-04-01/Accounts/AC1/Messages.json'\n  body: {{form: 'To={{phone}}&Body={{text}}'}}\n  \
         basic: {{user: AC1, password: {{env: PASSWORD}}}}\n  reference: /sid\n  language: en\n",
        sink.url()
    ));
    let sent = channel.send(&phone(), &message(), KEY, NOW).unwrap();
    assert_eq!(sent.reference.as_deref(), Some("SM1"));
    assert_eq!(
        sink.request().text(),
        "POST /2010-04-01/Accounts/AC1/Messages.json\n\
         content-type: application/x-www-form-urlencoded\n\
         authorization: Basic QUMxOnBhNTUgd29yZA==\n\
         \n\
         To=%2B8613800138000&Body=Company+A%3A+red%3A+Reserves+fall+short.+Act+today.+https%3A%2F%2Fconsole.example%2Fcases%2F12"
    );
}

#[test]
fn sms_by_json_with_a_key_in_a_header() {
    let sink = Sink::new(Reply::ok(r#"{"code":0,"data":{"id":77}}"#));
    let channel = channel(&format!(
        "sms:\n  url: '{}/send'\n  headers: {{Authorization: 'APPCODE {{secret}}', x-request-id: '{{id}}'}}\n  \
         body: {{json: '{{\"mobile\": \"{{mobile}}\", \"text\": \"{{text}}\"}}'}}\n  secret: {{env: TOKEN}}\n  \
         success: {{pointer: /code, equals: '0'}}\n  reference: /data/id\n",
        sink.url()
    ));
    let message =
        Message { title: Text::new("说\"好\"", ""), body: Text::default(), link: None, ..message() };
    let sent = channel.send(&phone(), &message, KEY, NOW).unwrap();
    assert_eq!(sent.reference.as_deref(), Some("77"));
    assert_eq!(
        sink.request().text(),
        "POST /send\n\
         content-type: application/json; charset=utf-8\n\
         authorization: APPCODE tk_s3cr3t/t0ken+1\n\
         x-request-id: case-12:notice-3\n\
         \n\
         {\"mobile\": \"13800138000\", \"text\": \"说\\\"好\\\"\"}"
    );
}

#[test]
fn sms_by_an_address() {
    let sink = Sink::new(Reply::ok(r#"{"code":"00"}"#));
    let channel = channel(&format!(
        "sms:\n  url: '{}/send?key={{secret}}&m={{mobile}}&t={{text}}'\n  method: GET\n  secret: {{env: TOKEN}}\n",
        sink.url()
    ));
    let message = Message { body: Text::default(), link: None, ..message() };
    channel.send(&phone(), &message, KEY, NOW).unwrap();
    assert_eq!(
        sink.request().text(),
        "GET /send?key=tk_s3cr3t%2Ft0ken%2B1&m=13800138000&t=%E7%94%B2%E5%85%AC%E5%8F%B8%EF%BC%9A%E7%BA%A2%E8%89%B2\n\n"
    );
}

#[test]
fn sms_signed_for_aliyun() {
    let sink = Sink::new(Reply::ok(r#"{"Code":"OK","Message":"OK","BizId":"9006197469364984^0"}"#));
    let channel = channel(&format!(
        "sms:\n  url: '{}/'\n  headers: {{x-acs-action: SendSms, x-acs-version: '2017-05-25'}}\n  \
         body: {{form: 'PhoneNumbers={{mobile}}&SignName=JW&TemplateCode=SMS_1&TemplateParam={{\"text\":\"{{text|json}}\"}}&OutId={{id}}'}}\n  \
         signing: {{acs3: {{access_key_id: YourAccessKeyId, access_key_secret: {{env: ACCESS_KEY}}}}}}\n  \
         success: {{pointer: /Code, equals: OK, passing: [isv.BUSINESS_LIMIT_CONTROL]}}\n  reference: /BizId\n",
        sink.url()
    ));
    let message = Message { body: Text::default(), link: None, ..message() };
    let sent = channel.send(&phone(), &message, KEY, NOW).unwrap();
    assert_eq!(sent.reference.as_deref(), Some("9006197469364984^0"));
    let request = sink.request();
    assert_eq!(
        request.body,
        "PhoneNumbers=13800138000&SignName=JW&TemplateCode=SMS_1&TemplateParam={\"text\":\
         \"%E7%94%B2%E5%85%AC%E5%8F%B8%EF%BC%9A%E7%BA%A2%E8%89%B2\"}&OutId=case-12%3Anotice-3"
    );
    assert_eq!(request.header("x-acs-date"), "2026-03-01T08:00:00Z");
    assert_eq!(request.header("x-acs-signature-nonce").len(), 32);
    let authorization = request.header("authorization");
    assert!(
        authorization.starts_with(
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=content-type;host;x-acs-action;\
             x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature="
        ),
        "{authorization}"
    );
}

#[test]
fn a_text_message_keeps_its_link_when_it_is_cut() {
    let sink = Sink::new(Reply::ok("{}"));
    let channel = channel(&format!(
        "sms: {{url: '{}/', body: {{form: '{{mobile}}{{text}}'}}, chars_max: 60}}",
        sink.url()
    ));
    let message = Message {
        body: Text::new("长".repeat(100), ""),
        link: Some("https://c.example/1".to_owned()),
        ..message()
    };
    channel.send(&phone(), &message, KEY, NOW).unwrap();
    let body = sink.request().body;
    assert_eq!(
        body.matches("%E9%95%BF").count(),
        60 - "甲公司：红色：".chars().count() - "…".chars().count() - " https://c.example/1".len()
    );
    assert!(body.ends_with("%E2%80%A6+https%3A%2F%2Fc.example%2F1"), "{body}");
}
