//! The table of an order: from which state which step leads where.

use crate::actor::Post;
use crate::life::words;
use crate::machine::{Leads, Machine, Verb, kinds};

words! {
    /// The state of an order.
    OrderState {
        Issued "issued" "已下达" "issued",
        Acknowledged "acknowledged" "已签收" "acknowledged",
        Reported "reported" "已回执" "reported",
        /// What was reported does not do.
        Returned "returned" "已退回" "returned",
        Accepted "accepted" "已验收" "accepted",
        Lifted "lifted" "已解除" "lifted",
    }
}

impl OrderState {
    /// Whether nothing more is expected of the addressee.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Accepted | Self::Lifted)
    }
}

words! {
    /// A step of an order.
    OrderVerb {
        Acknowledge "acknowledge" "签收" "acknowledge",
        /// The addressee says what came of it.
        Report "report" "回执" "report back",
        Accept "accept" "验收" "accept",
        Return "return" "退回" "return",
        /// With the measure that it carries out.
        Lift "lift" "解除" "lift",
    }
}

kinds!(OrderState, OrderVerb);

impl Verb for OrderVerb {
    fn post(self) -> Option<Post> {
        match self {
            // The addressee's; or an officer's, who enters what came on paper.
            Self::Acknowledge | Self::Report => None,
            Self::Accept | Self::Return | Self::Lift => Some(Post::Officer),
        }
    }
}

use OrderState::{Accepted, Acknowledged, Issued, Lifted, Reported, Returned};
use OrderVerb::{Accept, Acknowledge, Lift, Report, Return};

/// The table of orders.
pub(crate) const ORDER: Machine<OrderState, OrderVerb> = Machine {
    of: ("指令", "order"),
    lines: &[
        (&[Issued], Acknowledge, Leads::To(Acknowledged)),
        // Who reports back has received it.
        (&[Issued, Acknowledged, Returned], Report, Leads::To(Reported)),
        (&[Reported], Accept, Leads::To(Accepted)),
        (&[Reported], Return, Leads::To(Returned)),
        (&[Issued, Acknowledged, Reported, Returned, Accepted], Lift, Leads::To(Lifted)),
    ],
};
