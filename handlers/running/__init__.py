"""What admins of the office change while the campaign runs: 延期, 暂停, 恢复, 规则, 改规则, 恢复规则."""
