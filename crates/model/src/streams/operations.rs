//! The day's operations: servers, visits, complaints, incidents.

use serde::{Deserialize, Serialize};

use crate::field_types::{Count, Ip, ShortText};
use crate::spec::{FieldKind, FieldSpec, FieldType, codes, fields, stream};
use crate::time::{Day, Time};

codes! {
    /// How bad an incident was.
    IncidentSeverity "事件等级" {
        Minor = 1 "minor" "一般" "Some clients noticed.",
        Major = 2 "major" "较大" "A core function was out.",
        Critical = 3 "critical" "重大" "Clients' money or data were in danger, or everything was out.",
    }
}

/// A server that clients reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Its network address.
    pub address: Ip,
    /// What it does.
    pub role: Option<ShortText>,
}

const SERVER_FIELDS: &[FieldSpec] = fields! {
    1 Clear address: Ip, "服务器地址", "Its network address.";
    2 Clear role: Option<ShortText>, "用途", "What it does.";
};

impl FieldType for Vec<Server> {
    const KIND: FieldKind = FieldKind::List(SERVER_FIELDS);
}

/// A system failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// When it began.
    pub began_at: Time,
    /// How long it lasted, in minutes.
    pub minutes: Count,
    /// How bad it was.
    pub severity: IncidentSeverity,
    /// What happened.
    pub summary: Option<ShortText>,
}

const INCIDENT_FIELDS: &[FieldSpec] = fields! {
    1 Clear began_at: Time, "开始时间", "When it began.";
    2 Clear minutes: Count, "持续分钟", "How long it lasted, in minutes.";
    3 Clear severity: IncidentSeverity, "事件等级", "How bad it was.";
    4 Clear summary: Option<ShortText>, "摘要", "What happened.";
};

impl FieldType for Vec<Incident> {
    const KIND: FieldKind = FieldKind::List(INCIDENT_FIELDS);
}

stream! {
    OperationsDaily = 4 "operations_daily" "运营日报" "Operations of a day (requirement 2.1: server address, visits, complaints).",
    time "date" {
        3 Clear date: Day, "日期", "The day.";
        4 Clear servers: Vec<Server>, "服务器", "The servers that clients reach.";
        5 Clear visits: Count, "访问量", "Visits to the site and the application.";
        6 Clear complaints_received: Count, "收到投诉", "Complaints received on the day.";
        7 Clear complaints_due: Count, "到期投诉", "Complaints whose time limit ended on the day.";
        8 Clear complaints_resolved_in_time: Count, "按期解决投诉", "Of those due, resolved within their time limit.";
        9 Clear incidents: Vec<Incident>, "系统故障", "System failures that began on the day; an empty list says that there were none.";
    }
}
