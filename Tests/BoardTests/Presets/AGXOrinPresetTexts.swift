/// nvpmodel.conf of the AGX Orin 64GB (p3701-0000).
///
/// Written from documentation of the shipped file, which was not at hand: blocks, paths and modes. What it does not
/// tell (lower bounds and engine clocks of all modes but MODE_30W) is filled in or left out.
enum AGXOrinPresetTexts {
    /// Kernel 5.15: each path that moved has its `_KNEXT` form; no memory cap is -1.
    static let r36 = """
        #
        # PARAM DEFINITIONS
        #
        < PARAM TYPE=FILE NAME=CPU_ONLINE >
        CORE_0 /sys/devices/system/cpu/cpu0/online
        CORE_1 /sys/devices/system/cpu/cpu1/online
        CORE_2 /sys/devices/system/cpu/cpu2/online
        CORE_3 /sys/devices/system/cpu/cpu3/online
        CORE_4 /sys/devices/system/cpu/cpu4/online
        CORE_5 /sys/devices/system/cpu/cpu5/online
        CORE_6 /sys/devices/system/cpu/cpu6/online
        CORE_7 /sys/devices/system/cpu/cpu7/online
        CORE_8 /sys/devices/system/cpu/cpu8/online
        CORE_9 /sys/devices/system/cpu/cpu9/online
        CORE_10 /sys/devices/system/cpu/cpu10/online
        CORE_11 /sys/devices/system/cpu/cpu11/online

        < PARAM TYPE=FILE NAME=TPC_POWER_GATING >
        TPC_PG_MASK /sys/devices/gpu.0/tpc_pg_mask
        TPC_PG_MASK_KNEXT /sys/devices/platform/gpu.0/tpc_pg_mask

        < PARAM TYPE=FILE NAME=GPU_POWER_CONTROL_ENABLE >
        GPU_PWR_CNTL_EN /sys/devices/gpu.0/power/control
        GPU_PWR_CNTL_EN_KNEXT /sys/devices/platform/gpu.0/power/control

        < PARAM TYPE=FILE NAME=GPU_POWER_CONTROL_DISABLE >
        GPU_PWR_CNTL_DIS /sys/devices/gpu.0/power/control
        GPU_PWR_CNTL_DIS_KNEXT /sys/devices/platform/gpu.0/power/control

        < PARAM TYPE=CLOCK NAME=CPU_A78_0 >
        FREQ_TABLE /sys/devices/system/cpu/cpu0/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=CPU_A78_1 >
        FREQ_TABLE /sys/devices/system/cpu/cpu4/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu4/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu4/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=CPU_A78_2 >
        FREQ_TABLE /sys/devices/system/cpu/cpu8/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu8/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu8/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=GPU >
        FREQ_TABLE /sys/devices/17000000.ga10b/devfreq/17000000.ga10b/available_frequencies
        MAX_FREQ /sys/devices/17000000.ga10b/devfreq/17000000.ga10b/max_freq
        MIN_FREQ /sys/devices/17000000.ga10b/devfreq/17000000.ga10b/min_freq
        FREQ_TABLE_KNEXT /sys/devices/platform/17000000.gpu/devfreq_dev/available_frequencies
        MAX_FREQ_KNEXT /sys/devices/platform/17000000.gpu/devfreq_dev/max_freq
        MIN_FREQ_KNEXT /sys/devices/platform/17000000.gpu/devfreq_dev/min_freq

        <PARAM TYPE=CLOCK NAME=EMC >
        MAX_FREQ /sys/kernel/nvpmodel_emc_cap/emc_iso_cap
        MAX_FREQ_KNEXT /sys/kernel/nvpmodel_clk_cap/emc

        < PARAM TYPE=CLOCK NAME=DLA0_CORE >
        MAX_FREQ /sys/devices/platform/13e40000.host1x/15880000.nvdla0/acm/clk_cap/dla0_core
        MAX_FREQ_KNEXT /sys/devices/platform/bus@0/13e00000.host1x/15880000.nvdla0/clk_cap/dla0_core

        < PARAM TYPE=CLOCK NAME=DLA0_FALCON >
        MAX_FREQ /sys/devices/platform/13e40000.host1x/15880000.nvdla0/acm/clk_cap/dla0_falcon
        MAX_FREQ_KNEXT /sys/devices/platform/bus@0/13e00000.host1x/15880000.nvdla0/clk_cap/dla0_falcon

        < PARAM TYPE=CLOCK NAME=DLA1_CORE >
        MAX_FREQ /sys/devices/platform/13e40000.host1x/158c0000.nvdla1/acm/clk_cap/dla1_core
        MAX_FREQ_KNEXT /sys/devices/platform/bus@0/13e00000.host1x/158c0000.nvdla1/clk_cap/dla1_core

        < PARAM TYPE=CLOCK NAME=DLA1_FALCON >
        MAX_FREQ /sys/devices/platform/13e40000.host1x/158c0000.nvdla1/acm/clk_cap/dla1_falcon
        MAX_FREQ_KNEXT /sys/devices/platform/bus@0/13e00000.host1x/158c0000.nvdla1/clk_cap/dla1_falcon

        < PARAM TYPE=CLOCK NAME=PVA0_VPS >
        MAX_FREQ /sys/devices/platform/13e40000.host1x/16000000.pva0/acm/clk_cap/pva0_vps
        MAX_FREQ_KNEXT /sys/devices/platform/bus@0/13e00000.host1x/16000000.pva0/clk_cap/pva0_vps

        < PARAM TYPE=CLOCK NAME=PVA0_AXI >
        MAX_FREQ /sys/devices/platform/13e40000.host1x/16000000.pva0/acm/clk_cap/pva0_cpu_axi
        MAX_FREQ_KNEXT /sys/devices/platform/bus@0/13e00000.host1x/16000000.pva0/clk_cap/pva0_cpu_axi

        #
        # POWER_MODEL DEFINITIONS
        #
        < POWER_MODEL ID=0 NAME=MAXN >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 1
        CPU_ONLINE CORE_3 1
        CPU_ONLINE CORE_4 1
        CPU_ONLINE CORE_5 1
        CPU_ONLINE CORE_6 1
        CPU_ONLINE CORE_7 1
        CPU_ONLINE CORE_8 1
        CPU_ONLINE CORE_9 1
        CPU_ONLINE CORE_10 1
        CPU_ONLINE CORE_11 1
        TPC_POWER_GATING TPC_PG_MASK 0
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_A78_0 MIN_FREQ 0
        CPU_A78_0 MAX_FREQ -1
        CPU_A78_1 MIN_FREQ 0
        CPU_A78_1 MAX_FREQ -1
        CPU_A78_2 MIN_FREQ 0
        CPU_A78_2 MAX_FREQ -1
        GPU MIN_FREQ 0
        GPU MAX_FREQ -1
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ -1

        < POWER_MODEL ID=1 NAME=MODE_15W >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 1
        CPU_ONLINE CORE_3 1
        CPU_ONLINE CORE_4 0
        CPU_ONLINE CORE_5 0
        CPU_ONLINE CORE_6 0
        CPU_ONLINE CORE_7 0
        CPU_ONLINE CORE_8 0
        CPU_ONLINE CORE_9 0
        CPU_ONLINE CORE_10 0
        CPU_ONLINE CORE_11 0
        TPC_POWER_GATING TPC_PG_MASK 248
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_A78_0 MIN_FREQ 729600
        CPU_A78_0 MAX_FREQ 1113600
        GPU MIN_FREQ 0
        GPU MAX_FREQ 408000000
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ 2133000000

        < POWER_MODEL ID=2 NAME=MODE_30W >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 1
        CPU_ONLINE CORE_3 1
        CPU_ONLINE CORE_4 1
        CPU_ONLINE CORE_5 1
        CPU_ONLINE CORE_6 1
        CPU_ONLINE CORE_7 1
        CPU_ONLINE CORE_8 0
        CPU_ONLINE CORE_9 0
        CPU_ONLINE CORE_10 0
        CPU_ONLINE CORE_11 0
        TPC_POWER_GATING TPC_PG_MASK 240
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_A78_0 MIN_FREQ 729600
        CPU_A78_0 MAX_FREQ 1728000
        CPU_A78_1 MIN_FREQ 729600
        CPU_A78_1 MAX_FREQ 1728000
        GPU MIN_FREQ 0
        GPU MAX_FREQ 612000000
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ -1
        DLA0_CORE MAX_FREQ 1369600000
        DLA1_CORE MAX_FREQ 1369600000
        DLA0_FALCON MAX_FREQ 729600000
        DLA1_FALCON MAX_FREQ 729600000
        PVA0_VPS MAX_FREQ 512000000
        PVA0_AXI MAX_FREQ 358400000

        < POWER_MODEL ID=3 NAME=MODE_50W >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 1
        CPU_ONLINE CORE_3 1
        CPU_ONLINE CORE_4 1
        CPU_ONLINE CORE_5 1
        CPU_ONLINE CORE_6 1
        CPU_ONLINE CORE_7 1
        CPU_ONLINE CORE_8 1
        CPU_ONLINE CORE_9 1
        CPU_ONLINE CORE_10 1
        CPU_ONLINE CORE_11 1
        TPC_POWER_GATING TPC_PG_MASK 0
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_A78_0 MIN_FREQ 729600
        CPU_A78_0 MAX_FREQ 1497600
        CPU_A78_1 MIN_FREQ 729600
        CPU_A78_1 MAX_FREQ 1497600
        CPU_A78_2 MIN_FREQ 729600
        CPU_A78_2 MAX_FREQ 1497600
        GPU MIN_FREQ 0
        GPU MAX_FREQ 816000000
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ -1

        # mandatory section to configure the default mode
        < PM_CONFIG DEFAULT=2 >
        """

    /// Kernel 5.10: no `_KNEXT`; no memory cap is 0.
    static let r35 = """
        #
        # PARAM DEFINITIONS
        #
        < PARAM TYPE=FILE NAME=CPU_ONLINE >
        CORE_0 /sys/devices/system/cpu/cpu0/online
        CORE_1 /sys/devices/system/cpu/cpu1/online
        CORE_2 /sys/devices/system/cpu/cpu2/online
        CORE_3 /sys/devices/system/cpu/cpu3/online
        CORE_4 /sys/devices/system/cpu/cpu4/online
        CORE_5 /sys/devices/system/cpu/cpu5/online
        CORE_6 /sys/devices/system/cpu/cpu6/online
        CORE_7 /sys/devices/system/cpu/cpu7/online
        CORE_8 /sys/devices/system/cpu/cpu8/online
        CORE_9 /sys/devices/system/cpu/cpu9/online
        CORE_10 /sys/devices/system/cpu/cpu10/online
        CORE_11 /sys/devices/system/cpu/cpu11/online

        < PARAM TYPE=FILE NAME=TPC_POWER_GATING >
        TPC_PG_MASK /sys/devices/gpu.0/tpc_pg_mask

        < PARAM TYPE=FILE NAME=GPU_POWER_CONTROL_ENABLE >
        GPU_PWR_CNTL_EN /sys/devices/gpu.0/power/control

        < PARAM TYPE=FILE NAME=GPU_POWER_CONTROL_DISABLE >
        GPU_PWR_CNTL_DIS /sys/devices/gpu.0/power/control

        < PARAM TYPE=CLOCK NAME=CPU_A78_0 >
        FREQ_TABLE /sys/devices/system/cpu/cpu0/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=CPU_A78_1 >
        FREQ_TABLE /sys/devices/system/cpu/cpu4/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu4/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu4/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=CPU_A78_2 >
        FREQ_TABLE /sys/devices/system/cpu/cpu8/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu8/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu8/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=GPU >
        FREQ_TABLE /sys/devices/17000000.ga10b/devfreq/17000000.ga10b/available_frequencies
        MAX_FREQ /sys/devices/17000000.ga10b/devfreq/17000000.ga10b/max_freq
        MIN_FREQ /sys/devices/17000000.ga10b/devfreq/17000000.ga10b/min_freq

        <PARAM TYPE=CLOCK NAME=EMC >
        MAX_FREQ /sys/kernel/nvpmodel_emc_cap/emc_iso_cap

        < PARAM TYPE=CLOCK NAME=DLA0_CORE >
        MAX_FREQ /sys/devices/platform/13e40000.host1x/15880000.nvdla0/acm/clk_cap/dla0_core

        < PARAM TYPE=CLOCK NAME=DLA0_FALCON >
        MAX_FREQ /sys/devices/platform/13e40000.host1x/15880000.nvdla0/acm/clk_cap/dla0_falcon

        < PARAM TYPE=CLOCK NAME=DLA1_CORE >
        MAX_FREQ /sys/devices/platform/13e40000.host1x/158c0000.nvdla1/acm/clk_cap/dla1_core

        < PARAM TYPE=CLOCK NAME=DLA1_FALCON >
        MAX_FREQ /sys/devices/platform/13e40000.host1x/158c0000.nvdla1/acm/clk_cap/dla1_falcon

        < PARAM TYPE=CLOCK NAME=PVA0_VPS >
        MAX_FREQ /sys/devices/platform/13e40000.host1x/16000000.pva0/acm/clk_cap/pva0_vps

        < PARAM TYPE=CLOCK NAME=PVA0_AXI >
        MAX_FREQ /sys/devices/platform/13e40000.host1x/16000000.pva0/acm/clk_cap/pva0_cpu_axi

        #
        # POWER_MODEL DEFINITIONS
        #
        < POWER_MODEL ID=0 NAME=MAXN >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 1
        CPU_ONLINE CORE_3 1
        CPU_ONLINE CORE_4 1
        CPU_ONLINE CORE_5 1
        CPU_ONLINE CORE_6 1
        CPU_ONLINE CORE_7 1
        CPU_ONLINE CORE_8 1
        CPU_ONLINE CORE_9 1
        CPU_ONLINE CORE_10 1
        CPU_ONLINE CORE_11 1
        TPC_POWER_GATING TPC_PG_MASK 0
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_A78_0 MIN_FREQ 0
        CPU_A78_0 MAX_FREQ -1
        CPU_A78_1 MIN_FREQ 0
        CPU_A78_1 MAX_FREQ -1
        CPU_A78_2 MIN_FREQ 0
        CPU_A78_2 MAX_FREQ -1
        GPU MIN_FREQ 0
        GPU MAX_FREQ -1
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ 0

        < POWER_MODEL ID=1 NAME=MODE_15W >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 1
        CPU_ONLINE CORE_3 1
        CPU_ONLINE CORE_4 0
        CPU_ONLINE CORE_5 0
        CPU_ONLINE CORE_6 0
        CPU_ONLINE CORE_7 0
        CPU_ONLINE CORE_8 0
        CPU_ONLINE CORE_9 0
        CPU_ONLINE CORE_10 0
        CPU_ONLINE CORE_11 0
        TPC_POWER_GATING TPC_PG_MASK 248
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_A78_0 MIN_FREQ 729600
        CPU_A78_0 MAX_FREQ 1113600
        GPU MIN_FREQ 0
        GPU MAX_FREQ 408000000
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ 2133000000

        < POWER_MODEL ID=2 NAME=MODE_30W >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 1
        CPU_ONLINE CORE_3 1
        CPU_ONLINE CORE_4 1
        CPU_ONLINE CORE_5 1
        CPU_ONLINE CORE_6 1
        CPU_ONLINE CORE_7 1
        CPU_ONLINE CORE_8 0
        CPU_ONLINE CORE_9 0
        CPU_ONLINE CORE_10 0
        CPU_ONLINE CORE_11 0
        TPC_POWER_GATING TPC_PG_MASK 240
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_A78_0 MIN_FREQ 729600
        CPU_A78_0 MAX_FREQ 1728000
        CPU_A78_1 MIN_FREQ 729600
        CPU_A78_1 MAX_FREQ 1728000
        GPU MIN_FREQ 0
        GPU MAX_FREQ 612000000
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ 0
        DLA0_CORE MAX_FREQ 1369600000
        DLA1_CORE MAX_FREQ 1369600000
        DLA0_FALCON MAX_FREQ 729600000
        DLA1_FALCON MAX_FREQ 729600000
        PVA0_VPS MAX_FREQ 512000000
        PVA0_AXI MAX_FREQ 358400000

        < POWER_MODEL ID=3 NAME=MODE_50W >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 1
        CPU_ONLINE CORE_3 1
        CPU_ONLINE CORE_4 1
        CPU_ONLINE CORE_5 1
        CPU_ONLINE CORE_6 1
        CPU_ONLINE CORE_7 1
        CPU_ONLINE CORE_8 1
        CPU_ONLINE CORE_9 1
        CPU_ONLINE CORE_10 1
        CPU_ONLINE CORE_11 1
        TPC_POWER_GATING TPC_PG_MASK 0
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_A78_0 MIN_FREQ 729600
        CPU_A78_0 MAX_FREQ 1497600
        CPU_A78_1 MIN_FREQ 729600
        CPU_A78_1 MAX_FREQ 1497600
        CPU_A78_2 MIN_FREQ 729600
        CPU_A78_2 MAX_FREQ 1497600
        GPU MIN_FREQ 0
        GPU MAX_FREQ 816000000
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ 0

        # mandatory section to configure the default mode
        < PM_CONFIG DEFAULT=2 >
        """
}
