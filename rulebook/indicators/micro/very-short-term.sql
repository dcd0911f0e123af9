/*
id: very-short-term
version: 1
tier: indicator
requirement: ["2.5", "2.6"]
clause:
  zh: 工作方案第二部分“智能监测预警体系”：分层模型与四级预警；本项为综合预警分的组成部分
  en: "Work plan, part 2, monitoring and early warning: layered models and four grades; a component of the early-warning points"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: analyst
title:
  zh: 一月以内超短期标的
  en: Loans under one month
text:
  zh: |
    平台是否提供期限在一个月以内的标的：提供计 1 分，不提供计 0 分。数值为该类标的收益率，不提供时为 0。
    超短期标的多用于新手吸引与续短为长，随时要求兑付，资金链最脆弱。
    “未提供”以该字段留空表示；若最高收益率也未报，则收益信息整体缺失，无法判定，计 0 分。
  en: |
    Whether the platform offers loans under one month: 1 point if it does, none if not. The value is their return, 0
    where none is offered. Very short loans attract beginners and stretch short money to long; they have to be paid
    any day, so the chain is at its weakest.
    That none is offered is filed by leaving the field out; when the highest return was not filed either, nothing is
    known of returns, and it is undetermined and gives no points.
level: micro
scope: institution
unit: percent
streams: [business_daily]
lookback_days: 0
weight_only: true
bands:
  yellow: "points >= 1"
  orange: "points >= 2"
  red: "points >= 3"
*/
WITH filed AS (
  SELECT
    institution,
    day,
    CASE
      WHEN return_under_1_month_percent IS NOT NULL THEN return_under_1_month_percent
      WHEN highest_return_percent IS NOT NULL THEN 0
    END AS value
  FROM business_daily
  WHERE line = 'p2p'
)
SELECT
  institution,
  day,
  value,
  CASE WHEN value > 0 THEN 1 WHEN value = 0 THEN 0 END AS points
FROM filed
