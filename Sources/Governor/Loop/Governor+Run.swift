import ProfileStore
import Board
import Glibc
import Logging
import Policy
import SystemCalls
import Telemetry

extension Governor {
    /// Governs until SIGTERM, SIGINT, or the end of standard input where that was asked for. Returns whether the board is
    /// back at its stock values, or was to stay as it is.
    public func run() throws -> Bool {
        try setTickPeriod()
        decide("Governing within \(watts(configuration.budgetWatts)).")
        tick()
        // Who waits for this finds the tree filled.
        SystemdNotification.send("READY=1\nSTATUS=governing")
        var isStopping = false
        while !isStopping {
            waitForEvents { event in
                switch event {
                case .tick: tick()
                case .raised(0): reconcileProcesses(at: MonotonicClock.nanoseconds())
                case .raised(1): takeWrittenBudget()
                case .raised: takePlan()
                case .signal(SIGHUP): reload()
                case .configurationChanged: reload(onlyIfDifferent: true)
                case .signal(let number):
                    log.notice("Stopping on signal \(number).")
                    isStopping = true
                case .endOfInput:
                    log.notice("Stopping, as standard input was closed.")
                    isStopping = true
                }
            }
        }
        return stop()
    }

    /// One period: rails, processes, guard, plan, publication.
    func tick() {
        let now = MonotonicClock.nanoseconds()
        sampleRails(at: now)
        sensors.update(at: now)
        meter.advance(at: now, rails: rails, mode: requestedMode ?? effectiveMode)
        reconcileProcesses(at: now)
        checkKnobs(at: now)
        advancePlan(at: now)
        guardPower(at: now)
        // Nobody reads the tree ten times a second, and making its texts is the most of a tick; a decision shows at once.
        if counters.decisions != publishedDecisions || now >= publishedAt + 250_000_000 { publish(at: now) }
    }

    /// Records a decision where people look for it: the log, and the tree's `decision`.
    func decide(_ text: String) {
        counters.decisions += 1
        lastDecision = text
        trace.tell(.decision(text, at: MonotonicClock.nanoseconds()))
        log.notice("\(text)", metadata: ["decision": "\(counters.decisions)"])
    }

    /// Takes over the configuration files as they are now. A mistake leaves everything as it was (S5).
    func reload(onlyIfDifferent: Bool = false) {
        let new: Configuration
        do {
            new = try ConfigurationReader.read(Self.configurationFiles(options))
        } catch {
            // One save can be seen as several changes.
            if onlyIfDifferent, "\(error)" == lastRejection { return }
            lastRejection = "\(error)"
            counters.rejectedReloads += 1
            decide("The configuration was not reloaded, the old one stays in force. \(error)")
            return
        }
        lastRejection = nil
        if onlyIfDifferent, new == fileConfiguration { return }
        let old = configuration
        // A budget written to the tree stays until the file asks for another one.
        let keptBudget = old.budgetWatts
        configuration = new
        if new.budgetWatts == fileConfiguration.budgetWatts { configuration.budgetWatts = keptBudget }
        fileConfiguration = new
        do {
            try setTickPeriod()
        } catch {
            log.error("\(error)")
        }
        if manualReason != nil {
            takeUp()
            planAnew(at: MonotonicClock.nanoseconds())
        }
        let needsRestart =
            old.probeLevel != new.probeLevel || old.contextSwitches != new.contextSwitches
            || old.cudaLibraries != new.cudaLibraries || old.grid != new.grid
        decide(
            "Configuration reloaded.\(needsRestart ? " Changed keys of [probes] and search.grid act at the next start." : "")"
        )
        rematch()
        if old.search.strategy != new.search.strategy || old.search.predictor != new.search.predictor {
            planAnew(at: MonotonicClock.nanoseconds())
        }
        if configuration.budgetWatts != keptBudget { budgetChanged(source: "config") }
    }

    /// Takes over a budget from the tree.
    func takeWrittenBudget() {
        guard let written = writtenBudget.take() else { return }
        let budgetWatts = Double(written.microwatts) / 1e6
        let source = "tree uid \(written.uid)"
        // Who writes the same budget again and again must not keep a search from its end.
        guard budgetWatts != configuration.budgetWatts || manualReason != nil else {
            budgetSource = source
            return
        }
        configuration.budgetWatts = budgetWatts
        budgetChanged(source: source)
    }

    private func stop() -> Bool {
        SystemdNotification.send("STOPPING=1")
        // The board first: the threads may take their time.
        var isRestored = true
        if configuration.restorePolicy == .onExit {
            isRestored = restoreBoard(because: "the daemon stops")
        } else {
            log.notice("The knobs stay as they are (restore.policy = \"never\").")
        }
        planner.stop()
        libraryScan?.stop()
        observer.stop()
        profileStore.close()
        tree.unmount()
        return isRestored
    }

    private static let restoreRetryNanoseconds: UInt64 = 60_000_000_000

    /// Gives the board its stock values, but for knobs that somebody else has set since.
    @discardableResult
    func restoreBoard(because reason: String) -> Bool {
        guard !journal.isEmpty else { return true }
        do {
            let report = try board.restore(journal, keeping: manualKnobs)
            for sentence in report.vanished + report.notes { log.notice("\(sentence)") }
            for sentence in report.failures { log.error("\(sentence)") }
            if report.isComplete {
                requestedMode = nil
            } else {
                retryKnobsAt = MonotonicClock.nanoseconds() + Self.restoreRetryNanoseconds
            }
            effectiveMode = try? board.effectiveMode()
            log.notice(
                "The board is \(report.isComplete ? "" : "not wholly ")back at its stock values, as \(reason): \(report.restored.count) knob files restored."
            )
            return report.isComplete
        } catch {
            log.error("\(error)")
            retryKnobsAt = MonotonicClock.nanoseconds() + Self.restoreRetryNanoseconds
            return false
        }
    }
}
